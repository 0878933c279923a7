/**
 * How many posts are under way at once. Grows while posts succeed, shrinks fast when the account's rate is hit;
 * one slow consumer, throttled alone, changes nothing. Lives as long as the process, so that the next invocation
 * starts where this one ended.
 */
export interface Limiter {
  /** Resolves when a post may begin; at once, and without a promise, when one may begin now. */
  acquire(): Promise<void> | undefined;
  release(throttled: boolean): void;
  /** Gives the turn back without having posted. */
  cancel(): void;
  readonly limit: number;
}

export interface LimiterOptions {
  initial?: number;
  min?: number;
  max?: number;
}

/** Posts after which the share of throttled ones is judged. */
const WINDOW = 32;
/** A share above this is the account's rate; below, it is single consumers that do not read. */
export const ACCOUNT_THROTTLED_SHARE = 0.1;
const SHRINK = 0.6;
const GROW = 1.25;

export function createLimiter({ initial = 64, min = 4, max = 256 }: LimiterOptions = {}): Limiter {
  const waiting: (() => void)[] = [];
  let limit = initial;
  let inFlight = 0;
  let posts = 0;
  let throttledPosts = 0;
  let everThrottled = false;

  function judge(): void {
    const share = throttledPosts / posts;
    if (share > ACCOUNT_THROTTLED_SHARE) {
      limit = Math.max(min, Math.floor(limit * SHRINK));
      everThrottled = true;
    } else if (throttledPosts === 0) {
      limit = Math.min(max, everThrottled ? limit + 1 : Math.ceil(limit * GROW));
    }
    posts = 0;
    throttledPosts = 0;
  }

  function passOn(): void {
    inFlight -= 1;
    while (inFlight < limit) {
      const next = waiting.shift();
      if (!next) return;
      inFlight += 1;
      next();
    }
  }

  return {
    get limit() {
      return limit;
    },
    acquire() {
      if (inFlight < limit) {
        inFlight += 1;
        return undefined;
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    release(throttled) {
      posts += 1;
      if (throttled) throttledPosts += 1;
      if (posts >= WINDOW) judge();
      passOn();
    },
    cancel: passOn,
  };
}
