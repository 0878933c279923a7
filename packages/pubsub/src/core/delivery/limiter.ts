import type { Clock, PostResult } from "../ports.ts";
import { type ConcurrencyOptions, createConcurrency } from "./concurrency.ts";
import { createPostRate } from "./post-rate.ts";
import { createThrottleJudge, type ThrottleScope } from "./throttle-judge.ts";

/**
 * When posts may begin: so many at once, and so many a second once the account's rate is known. Lives as long as
 * the process, so that the next invocation starts where this one ended.
 */
export interface Limiter {
  /** Resolves when a post may begin; at once, and without a promise, when one may begin now. */
  acquire(): Promise<void> | undefined;
  /** Answers whom a 429 is about. */
  release(ended: EndedPost): ThrottleScope | undefined;
  /** Gives the turn back without having posted. */
  cancel(): void;
  /** Posts that may be under way at once. */
  readonly limit: number;
  /** Posts that may begin in a second: infinitely many until the account has throttled. */
  readonly perSecond: number;
}

export interface EndedPost {
  connectionId: string;
  outcome: PostResult["outcome"];
  latencyMs: number;
}

/** What ended is looked at after so many posts and so long a time, or after a long time, whatever ended. */
const MOMENT_POSTS = 32;
const MOMENT_MS = 25;
const MOMENT_MS_MAX = 250;
/** So many throttled posts where none was before end a moment at once: most of what is under way will be as well. */
const FIRST_THROTTLED = 4;
/** After so long without a post a moment begins anew: standing still is no measure of a rate. */
const PAUSE_MS = 100;

const CONCURRENCY: ConcurrencyOptions = { initial: 64, min: 8, max: 256 };

export interface LimiterOptions extends Partial<ConcurrencyOptions> {
  /** How busy this process was since it was last asked, 0 to 1. */
  load?: () => number;
}

export function createLimiter(
  clock: Pick<Clock, "now" | "sleep">,
  { load = () => 0, ...options }: LimiterOptions = {},
): Limiter {
  const concurrency = createConcurrency({ ...CONCURRENCY, ...options });
  const rate = createPostRate();
  const judge = createThrottleJudge();
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  let asleep = false;
  let lastBegunMs = clock.now();
  let moment = newMoment(lastBegunMs);

  /** Begins a post and answers 0, or says how long to wait for a token, or nothing while too many are under way. */
  function begin(nowMs: number): number | undefined {
    if (inFlight >= concurrency.limit) return undefined;
    const waitMs = rate.take(nowMs);
    if (waitMs > 0) return waitMs;
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
      waiting.shift()?.();
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

  return {
    get limit() {
      return concurrency.limit;
    },
    get perSecond() {
      return rate.perSecond;
    },
    acquire() {
      // First come, first served
      if (waiting.length === 0) {
        const nowMs = clock.now();
        if (inFlight === 0 && nowMs - lastBegunMs > PAUSE_MS) moment = newMoment(nowMs);
        const waitMs = begin(nowMs);
        if (waitMs === 0) return undefined;
        if (waitMs !== undefined) wakeAfter(waitMs);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    release({ connectionId, outcome, latencyMs }) {
      const nowMs = clock.now();
      const scope = outcome === "throttled" ? judge.throttled(connectionId, nowMs) : undefined;
      moment.posts += 1;
      moment.latencyMs += latencyMs;
      moment.maxInFlight = Math.max(moment.maxInFlight, inFlight);
      if (scope === "account") moment.throttled += 1;
      // A post to a connection that is gone takes from the account's rate like any other
      if (outcome === "delivered" || outcome === "gone") {
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
      wake();
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
