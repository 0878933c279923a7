import type { Clock, PostResult } from "../ports.ts";
import { type ConcurrencyOptions, createConcurrency } from "./concurrency.ts";
import type { PostCeiling } from "./post-ceiling.ts";
import { createPostRate } from "./post-rate.ts";
import { createThrottleJudge, type ThrottleScope } from "./throttle-judge.ts";

/**
 * Limits how many posts are under way at once and, once the account's rate is known, how many begin in a second. It
 * lives as long as the process, so that the next invocation continues with what this one learned.
 */
export interface Limiter {
  /** Returns a turn if a post may begin now; otherwise a promise of one, first come, first served. */
  acquire(): Turn | Promise<Turn>;
  /** How many posts may be under way at once. */
  readonly limit: number;
  /** How many posts may begin in a second: up to the ceiling, if there is one, until the account has throttled. */
  readonly perSecond: number;
}

/**
 * The right to make one post. Its holder MUST call `release` after the post, or `cancel` without a post, and only
 * once. All turns of a limiter are one object, so that a turn costs no allocation.
 */
export interface Turn {
  /** Reports the post's result. Returns whom a 429 is about. */
  release(ended: EndedPost): ThrottleScope | undefined;
  /** Gives the turn back without a post. */
  cancel(): void;
}

export interface EndedPost {
  connectionId: string;
  outcome: PostResult["outcome"];
  latencyMs: number;
}

/** Finished posts are evaluated in moments: after 32 posts and 25 ms, and at the latest after 250 ms. */
const MOMENT_POSTS = 32;
const MOMENT_MS = 25;
const MOMENT_MS_MAX = 250;
/** The first 4 throttled posts end a moment at once: most of the posts under way will be throttled as well. */
const FIRST_THROTTLED = 4;
/** After a pause this long a new moment begins, because a pause says nothing about the account's rate. */
const PAUSE_MS = 100;

const CONCURRENCY: ConcurrencyOptions = { initial: 64, min: 8, max: 256 };

/** Whether the account's rate let the post pass. A post to a connection that is gone uses up the rate as well. */
const HAS_PASSED: Record<PostResult["outcome"], boolean> = {
  delivered: true,
  gone: true,
  throttled: false,
  failed: false,
};

export interface LimiterOptions extends Partial<ConcurrencyOptions> {
  /** Returns how busy this process was since the last call, 0 to 1. */
  load?: () => number;
  /** The rate that no learned rate may exceed. Limiters that share it have it together. */
  ceiling?: PostCeiling | undefined;
}

export function createLimiter(
  clock: Pick<Clock, "now" | "sleep">,
  { load = () => 0, ceiling, ...options }: LimiterOptions = {},
): Limiter {
  const concurrency = createConcurrency({ ...CONCURRENCY, ...options });
  const rate = createPostRate();
  const judge = createThrottleJudge();
  const waiting: ((turn: Turn) => void)[] = [];
  let inFlight = 0;
  let asleep = false;
  let lastBegunMs = clock.now();
  let moment = newMoment(lastBegunMs);

  /**
   * Begins a post and returns 0, or returns how many milliseconds a token takes, or undefined while too many posts
   * are under way.
   */
  function begin(nowMs: number): number | undefined {
    if (inFlight >= concurrency.limit) return undefined;
    // First the ceiling: a post that it holds back says nothing about the account's rate
    const underCeilingMs = ceiling?.take(nowMs) ?? 0;
    if (underCeilingMs > 0) return underCeilingMs;
    const waitMs = rate.take(nowMs);
    if (waitMs > 0) {
      ceiling?.giveBack();
      return waitMs;
    }
    lastBegunMs = nowMs;
    inFlight += 1;
    return 0;
  }

  function wake(): void {
    while (waiting.length > 0) {
      const waitMs = begin(clock.now());
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        wakeAfter(waitMs);
        return;
      }
      waiting.shift()?.(turn);
    }
  }

  function wakeAfter(waitMs: number): void {
    if (asleep) return;
    asleep = true;
    void clock.sleep(Math.max(1, waitMs)).then(() => {
      asleep = false;
      wake();
    });
  }

  function look(nowMs: number): void {
    const { posts, passed, throttled, latencyMs, maxInFlight, startedMs } = moment;
    const elapsedMs = nowMs - startedMs;
    const isFirst = throttled >= FIRST_THROTTLED && rate.perSecond === Number.POSITIVE_INFINITY;
    const leastMs = isFirst ? 1 : posts < MOMENT_POSTS ? MOMENT_MS_MAX : MOMENT_MS;
    if (elapsedMs < leastMs) return;
    rate.observe({ nowMs, elapsedMs, passed, throttled });
    concurrency.observe({ latencyMs: latencyMs / posts, maxInFlight, load: load() });
    moment = newMoment(nowMs);
  }

  const turn: Turn = {
    release({ connectionId, outcome, latencyMs }) {
      const nowMs = clock.now();
      const scope = outcome === "throttled" ? judge.throttled(connectionId, nowMs) : undefined;
      moment.posts += 1;
      moment.latencyMs += latencyMs;
      moment.maxInFlight = Math.max(moment.maxInFlight, inFlight);
      if (scope === "account") moment.throttled += 1;
      if (HAS_PASSED[outcome]) {
        moment.passed += 1;
        judge.passed(connectionId);
      }
      inFlight -= 1;
      look(nowMs);
      wake();
      return scope;
    },
    cancel() {
      inFlight -= 1;
      rate.giveBack();
      ceiling?.giveBack();
      wake();
    },
  };

  return {
    get limit() {
      return concurrency.limit;
    },
    get perSecond() {
      return Math.min(rate.perSecond, ceiling?.perSecond ?? Number.POSITIVE_INFINITY);
    },
    acquire() {
      // First come, first served
      if (waiting.length === 0) {
        const nowMs = clock.now();
        if (inFlight === 0 && nowMs - lastBegunMs > PAUSE_MS) moment = newMoment(nowMs);
        const waitMs = begin(nowMs);
        if (waitMs === 0) return turn;
        if (waitMs !== undefined) wakeAfter(waitMs);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

interface Moment {
  startedMs: number;
  posts: number;
  passed: number;
  throttled: number;
  latencyMs: number;
  maxInFlight: number;
}

const newMoment = (startedMs: number): Moment => ({
  startedMs,
  posts: 0,
  passed: 0,
  throttled: 0,
  latencyMs: 0,
  maxInFlight: 0,
});
