import type { EventsFrame } from "../frames.ts";
import type { QuickRetryCause } from "../pipeline-events.ts";
import type { Clock, Connections, PostOptions, PostResult } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { quickRetryDelayMs } from "./backoff.ts";
import type { Turn } from "./limiter.ts";
import type { LimiterOf } from "./limiters.ts";
import type { PostMeter } from "./post-meter.ts";

export interface Delivery {
  consumer: Consumer;
  /** In the order in which the consumer should receive them. */
  frames: readonly EventsFrame[];
  /** The connection may be too new for API Gateway to post to it, so a 410 does not mean that it is gone. */
  young: boolean;
  /** The turn for the first post. */
  turn: Turn;
  /** What this consumer alone gets at the end of each frame. */
  tail?: string | undefined;
  /** When the subscription ends: from then on, no post begins. Default: never. */
  endsAtMs?: number;
}

export interface Delivered {
  /** How many events were posted. */
  events: number;
  /** How many posts repeated one that failed. */
  retried: number;
  /**
   * What happened to the other events: there are none, the connection is gone, the subscription has ended, no time was
   * left, or a post failed.
   */
  rest: "none" | "gone" | "ended" | "unsent" | DeliveryFailure;
}

export interface DeliveryFailure {
  retryable: boolean;
  reason: string;
  /** Whether the last post had a 410 that may be another API's. */
  unproven?: true;
  /** Whether the consumer itself is the cause, as far as 429s can show: its buffer is full. */
  byConsumer?: true;
}

export interface DeliverContext {
  connections: Connections;
  limiterOf: LimiterOf;
  meter: PostMeter;
  clock: Clock;
  /** From this time on, no post begins. */
  deadlineMs: number;
  /** From this time on, no post that has begun is waited for. */
  giveUpAtMs: number;
}

/** A consumer that needs more retries than these goes back to the queue. */
const QUICK_RETRIES = 2;

/**
 * Posts the frames to one consumer in order and stops at the first frame that cannot be posted. The caller passes the
 * turn for the first post, so that only one consumer of a page waits for its first turn. Throws only if the port does.
 *
 * It looks at the end of the subscription before each post, because posts wait: for a turn, for a slow connection, for a
 * quick retry. Only at the start of a part, an event could be posted half a minute after the end.
 */
export async function deliver(
  context: DeliverContext,
  { consumer, frames, young, turn: firstTurn, tail, endsAtMs = Number.POSITIVE_INFINITY }: Delivery,
): Promise<Delivered> {
  const { connections, limiterOf, meter, clock, deadlineMs, giveUpAtMs } = context;
  const { connectionId } = consumer;
  const limiter = limiterOf(consumer);
  const sendUntilMs = Math.min(deadlineMs, endsAtMs);
  const options: PostOptions = { sendUntilMs, giveUpAtMs, ...(tail !== undefined && { tail }) };
  /** A post that failed because its subscription ended meanwhile is not the consumer's failure. */
  const unlessEnded = (rest: Delivered["rest"]): Delivered["rest"] =>
    clock.now() >= endsAtMs ? "ended" : rest;
  let unusedTurn: Turn | undefined = firstTurn;
  let events = 0;
  let retried = 0;
  for (const frame of frames) {
    let failures = 0;
    let failure: Pending | undefined;
    for (let posts = 1; ; posts++) {
      // Checked before the wait too: at a low rate, a turn can take longer than the time after the deadline
      if (!unusedTurn && clock.now() >= sendUntilMs) {
        return { events, retried, rest: unlessEnded("unsent") };
      }
      const next: Turn | Promise<Turn> = unusedTurn ?? limiter.acquire();
      const turn = next instanceof Promise ? await next : next;
      unusedTurn = undefined;
      const startedMs = clock.now();
      if (startedMs >= sendUntilMs) {
        turn.cancel();
        return { events, retried, rest: unlessEnded("unsent") };
      }
      const result = await connections.post(consumer, frame, options);
      const { outcome } = result;
      const latencyMs = clock.now() - startedMs;
      const cause = outcome === "failed" ? result.kind : undefined;
      const scope = turn.release({ connectionId, outcome, kind: cause, latencyMs });
      meter.posted(result, { events: frame.events, latencyMs, scope });
      if (posts > 1) retried += 1;
      if (outcome === "delivered") {
        if (failure) meter.recovered(failure);
        break;
      }
      if (outcome === "gone" && !young) return { events, retried, rest: "gone" };
      failure = whyPending(result);
      const { retryable, reason, kind } = failure;
      const unproven = kind === "unproven-gone" && !young;
      const byConsumer = outcome === "throttled" && scope !== "account";
      const rest: DeliveryFailure = {
        retryable,
        reason,
        ...(unproven && { unproven }),
        ...(byConsumer && { byConsumer }),
      };
      // A 429 for the account's rate is not the consumer's failure: the limiter decides when it is posted to again
      const isOver = scope !== "account" && ++failures > QUICK_RETRIES;
      if (isOver || !retryable || !isQuicklyRetried(failure)) {
        return { events, retried, rest: unlessEnded(rest) };
      }
      await clock.sleep(quickRetryDelayMs(Math.max(0, failures - 1), clock.random));
    }
    events += frame.events;
  }
  return { events, retried, rest: "none" };
}

interface Pending extends QuickRetryCause {
  retryable: boolean;
}

/** Without a default: a new outcome does not compile until it has a case. */
function whyPending(result: Exclude<PostResult, { outcome: "delivered" }>): Pending {
  switch (result.outcome) {
    case "failed": {
      const { retryable, reason, kind = "other" } = result;
      return { retryable, reason, kind };
    }
    case "throttled":
      return { retryable: true, reason: "throttled (429)", kind: "throttled" };
    case "gone":
      return { retryable: true, reason: "gone (410) within 30 s of subscribing", kind: "gone" };
  }
}

/**
 * A new connection needs more time than a quick retry takes, and so does the proof that a 410 is its own API's. A post without a response is not retried at once, because
 * it may have arrived and because the retry could hold the worker for as long again.
 */
const isQuicklyRetried = ({ kind }: Pending): boolean =>
  kind !== "gone" && kind !== "unproven-gone" && kind !== "no-answer";
