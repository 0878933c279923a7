import type { EventsFrame } from "../frames.ts";
import type { QuickRetryCause } from "../pipeline-events.ts";
import type { Clock, Connections, PostResult } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { quickRetryDelayMs } from "./backoff.ts";
import type { LimiterOf } from "./limiters.ts";
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
  limiterOf: LimiterOf;
  meter: PostMeter;
  clock: Clock;
  /** When to stop beginning posts. */
  deadlineMs: number;
  /** When to stop waiting for those that have begun. */
  giveUpAtMs: number;
}

/** Short retries, within the worker; what needs longer goes back to the queue. */
const QUICK_RETRIES = 2;

/**
 * Posts one consumer its frames in order, and stops at the first one that can't be posted. The turn for the first
 * post has been taken already: who waits for it is the page, so that not a thousand consumers wait at once. Never
 * throws.
 */
export async function deliver(
  context: DeliverContext,
  { consumer, frames, young }: Delivery,
): Promise<Delivered> {
  const { connections, limiterOf, meter, clock, deadlineMs, giveUpAtMs } = context;
  const { connectionId } = consumer;
  const limiter = limiterOf(consumer);
  let hasTurn = true;
  let events = 0;
  let retried = 0;
  for (const frame of frames) {
    let failures = 0;
    let failure: Pending | undefined;
    for (let posts = 1; ; posts++) {
      // Looked at before too: at a low rate, waiting for a turn takes longer than what is left after the deadline
      if (!hasTurn && clock.now() >= deadlineMs) return { events, retried, rest: "unsent" };
      const turn = hasTurn ? undefined : limiter.acquire();
      if (turn) await turn;
      hasTurn = false;
      const startedMs = clock.now();
      if (startedMs >= deadlineMs) {
        limiter.cancel();
        return { events, retried, rest: "unsent" };
      }
      const result = await connections.post(consumer, frame, { sendUntilMs: deadlineMs, giveUpAtMs });
      const { outcome } = result;
      const latencyMs = clock.now() - startedMs;
      const scope = limiter.release({ connectionId, outcome, latencyMs });
      meter.posted(result, { events: frame.events, latencyMs, scope });
      if (posts > 1) retried += 1;
      if (outcome === "delivered") {
        if (failure) meter.recovered(failure);
        break;
      }
      if (outcome === "gone" && !young) return { events, retried, rest: "gone" };
      failure = whyPending(result);
      const { retryable, reason } = failure;
      const rest = { retryable, reason };
      // The account's rate is nothing of this consumer's: it gets its turn when the limiter says so
      if (scope !== "account" && ++failures > QUICK_RETRIES) return { events, retried, rest };
      if (!retryable || !isQuicklyRetried(failure)) return { events, retried, rest };
      await clock.sleep(quickRetryDelayMs(Math.max(0, failures - 1), clock.random));
    }
    events += frame.events;
  }
  return { events, retried, rest: "none" };
}

interface Pending extends QuickRetryCause {
  retryable: boolean;
}

function whyPending(result: Exclude<PostResult, { outcome: "delivered" }>): Pending {
  if (result.outcome === "failed") {
    const { retryable, reason, kind = "other" } = result;
    return { retryable, reason, kind };
  }
  if (result.outcome === "throttled")
    return { retryable: true, reason: "throttled (429)", kind: "throttled" };
  return { retryable: true, reason: "gone (410) within 30 s of subscribing", kind: "gone" };
}

/**
 * A young connection needs longer than a quick retry takes. A post without an answer has had its time: it may have
 * arrived, and would hold the worker for as long again.
 */
const isQuicklyRetried = ({ kind }: Pending): boolean => kind !== "gone" && kind !== "no-answer";
