/** How many posts may be under way at once. */
export interface Concurrency {
  readonly limit: number;
  /**
   * Evaluates the posts of a moment: their average latency, the largest number under way at once, and how busy this
   * process was, 0 to 1.
   */
  observe(moment: { latencyMs: number; maxInFlight: number; load: number }): void;
}

export interface ConcurrencyOptions {
  initial: number;
  min: number;
  max: number;
}

/** If latency is this many times the usual one, posts wait for each other somewhere. */
const TOLERANCE = 1.5;
/** Above this load, more posts under way do not make a process faster. They would only open more connections. */
const FULL_LOAD = 0.75;
/** The weight of a new estimate. */
const SMOOTHING = 0.2;
/** The usual latency is an average over about 200 moments. */
const USUAL_MOMENTS = 200;

/**
 * Raises the limit while latency is as usual, and lowers it in proportion when latency rises. This is Gradient2 of
 * Netflix's concurrency-limits. Its baseline is an average, because the lowest latency is misleading where latency varies
 * by itself. https://github.com/Netflix/concurrency-limits
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
      // After a time of high latency the usual latency falls faster than by averaging alone
      if (usualMs > 2 * shortMs) usualMs *= 0.95;
      // The posts did not use the limit, so they say nothing about it
      if (maxInFlight < limit / 2) return;
      const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * usualMs) / shortMs));
      const next = limit * gradient + Math.sqrt(limit);
      const most = load > FULL_LOAD ? limit : max;
      limit = Math.min(most, Math.max(min, limit + SMOOTHING * (next - limit)));
    },
  };
}
