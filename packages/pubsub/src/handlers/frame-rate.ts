import { consumerId } from "../core/consumer.ts";
import type { Clock } from "../core/ports.ts";
import type { Consumer } from "../core/types.ts";
import { createRate } from "./rate.ts";

/** Returns whether one more message of this connection may be handled now. */
export type FrameRate = (consumer: Consumer) => boolean;

export function createFrameRate(perSecond: number, clock: Pick<Clock, "now">): FrameRate {
  const rate = createRate(perSecond, clock);
  return (consumer) => rate(consumerId(consumer));
}
