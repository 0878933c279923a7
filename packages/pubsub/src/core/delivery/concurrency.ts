/** How many posts may be under way at once. */
export interface Concurrency {
  readonly limit: number;
  /**
   * Looks at the posts of a moment: how long they took on average, how many were under way at most, and how busy
   * this process was with them, 0 to 1.
   */
  observe(moment: { latencyMs: number; maxInFlight: number; load: number }): void;
}

export interface ConcurrencyOptions {
  initial: number;
  min: number;
  max: number;
}

/** Latency this far over what is usual says that posts wait for each other somewhere. */
const TOLERANCE = 1.5;
/** A process this busy posts no faster with more posts under way: it would only open more connections. */
const FULL_LOAD = 0.75;
/** How much of a new estimate is taken over at once. */
const SMOOTHING = 0.2;
/** What is usual is an average over about so many moments. */
const USUAL_MOMENTS = 200;

/**
 * Grows while latency stays what it usually is, and shrinks in proportion when it does not: Gradient2 of Netflix's
 * concurrency-limits, whose baseline is an average, since the least latency ever seen is no measure where latency
 * varies by itself. https://github.com/Netflix/concurrency-limits
 */
export function createConcurrency({ initial, min, max }: ConcurrencyOptions): Concurrency {
  let limit = initial;
  let usualMs = 0;
  return {
    get limit() {
      return Math.floor(limit);
    },
    observe({ latencyMs, maxInFlight, load }) {
      const shortMs = Math.max(latencyMs, 0.1);
      usualMs = usualMs === 0 ? shortMs : usualMs + (shortMs - usualMs) / USUAL_MOMENTS;
      // After a time of high latency, what is usual comes down faster than by averaging alone
      if (usualMs > 2 * shortMs) usualMs *= 0.95;
      // A limit that was not in use was not tried
      if (maxInFlight < limit / 2) return;
      const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * usualMs) / shortMs));
      const next = limit * gradient + Math.sqrt(limit);
      const most = load > FULL_LOAD ? limit : max;
      limit = Math.min(most, Math.max(min, limit + SMOOTHING * (next - limit)));
    },
  };
}
