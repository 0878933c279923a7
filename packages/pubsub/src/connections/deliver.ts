import { quickRetryDelayMs } from "../fanout/backoff.ts";
import type { EventsFrame } from "../frames.ts";
import type { Clock, Connections, PostResult } from "../ports.ts";
import type { Consumer } from "../types.ts";
import type { Limiter } from "./limiter.ts";
import type { PostMeter } from "./post-meter.ts";

export interface Delivery {
  consumer: Consumer;
  /** In the order in which they are to arrive. */
  frames: readonly EventsFrame[];
  /** A 410 is not believed: the connection may be too young to be posted to. */
  young: boolean;
}

export interface Delivered {
  /** How many events were posted. */
  events: number;
  /** Posts made again after one that failed. */
  retried: number;
  /** What became of the rest: nothing is left, the connection is gone, or why it is still to be done. */
  rest: "none" | "gone" | "unsent" | { retryable: boolean; reason: string };
}

export interface DeliverContext {
  connections: Connections;
  limiter: Limiter;
  meter: PostMeter;
  clock: Clock;
  /** When to stop beginning posts. */
  deadlineMs: number;
}

/** Short retries, within the worker; what needs longer goes back to the queue. */
const QUICK_RETRIES = 2;

/** Posts one consumer its frames in order, and stops at the first one that can't be posted. Never throws. */
export async function deliver(
  context: DeliverContext,
  { consumer, frames, young }: Delivery,
): Promise<Delivered> {
  const { clock } = context;
  let events = 0;
  let retried = 0;
  for (const frame of frames) {
    for (let tries = 0; ; tries++) {
      const result = await post(context, consumer, frame);
      if (result === "unsent") return { events, retried, rest: "unsent" };
      if (tries > 0) retried += 1;
      if (result.outcome === "delivered") break;
      if (result.outcome === "gone" && !young) return { events, retried, rest: "gone" };
      const rest = whyPending(result);
      if (!rest.retryable || tries >= QUICK_RETRIES || result.outcome === "gone")
        return { events, retried, rest };
      await clock.sleep(quickRetryDelayMs(tries, clock.random));
    }
    events += frame.events;
  }
  return { events, retried, rest: "none" };
}

async function post(
  context: DeliverContext,
  consumer: Consumer,
  frame: EventsFrame,
): Promise<PostResult | "unsent"> {
  const { connections, limiter, meter, clock, deadlineMs } = context;
  const turn = limiter.acquire();
  if (turn) await turn;
  const startedMs = clock.now();
  if (startedMs >= deadlineMs) {
    limiter.cancel();
    return "unsent";
  }
  const result = await connections.post(consumer, frame);
  limiter.release(result.outcome === "throttled");
  meter.posted(result, frame.events, clock.now() - startedMs);
  return result;
}

function whyPending(result: Exclude<PostResult, { outcome: "delivered" }>): {
  retryable: boolean;
  reason: string;
} {
  if (result.outcome === "failed") return { retryable: result.retryable, reason: result.reason };
  if (result.outcome === "throttled") return { retryable: true, reason: "throttled (429)" };
  return { retryable: true, reason: "gone (410) within 30 s of subscribing" };
}
