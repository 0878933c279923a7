import { createBoundedMap } from "../core/bounded-map.ts";
import { consumerId } from "../core/consumer.ts";
import type { Clock } from "../core/ports.ts";
import { refill, type TokenBucket } from "../core/refill.ts";
import type { Consumer } from "../core/types.ts";

/** Ours: how many seconds' worth of messages a connection may send at once. */
const FRAMES_BURST_SECONDS = 10;

/** Whether this connection may have one more frame looked at now. */
export type FrameRate = (consumer: Consumer) => boolean;

/** A few hundred bytes each. A connection that is forgotten begins anew, with a full bucket. */
const CONNECTIONS_REMEMBERED = 10_000;

/**
 * A token bucket a connection, in this process alone: a client whose frames meet n environments of the function has
 * n buckets. It bounds what one client costs, it does not measure it.
 */
export function createFrameRate(perSecond: number, clock: Pick<Clock, "now">): FrameRate {
  const burst = perSecond * FRAMES_BURST_SECONDS;
  const buckets = createBoundedMap<TokenBucket>(CONNECTIONS_REMEMBERED);

  return (consumer) => {
    const id = consumerId(consumer);
    const now = clock.now();
    const tokens = refill(buckets.get(id) ?? { tokens: burst, atMs: now }, { perSecond, burst }, now);
    const allowed = tokens >= 1;
    buckets.set(id, { tokens: allowed ? tokens - 1 : tokens, atMs: now });
    return allowed;
  };
}
