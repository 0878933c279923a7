import { refill } from "../refill.ts";

/** A token bucket with a fixed rate for the posts that begin in a second. All limiters of a worker share it. */
export interface PostCeiling {
  readonly perSecond: number;
  /**
   * Takes a token for a post that begins now and returns 0. Without a token, returns how many milliseconds one takes.
   */
  take(nowMs: number): number;
  giveBack(): void;
}

/**
 * How many posts may begin at once after a pause, in seconds of the rate. API Gateway's bucket holds half a second of the
 * account's rate (5,000 requests at 10,000 a second), so a worker with a share of the rate takes the same share of the
 * bucket. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const BURST_SECONDS = 0.5;

/** Between any two moments, at most the rate times the seconds between them begin, plus one burst. */
export function createPostCeiling(perSecond: number, startMs: number): PostCeiling {
  const burst = Math.max(1, perSecond * BURST_SECONDS);
  let tokens = burst;
  let refilledMs = startMs;
  return {
    perSecond,
    take(nowMs) {
      tokens = refill({ tokens, atMs: refilledMs }, { perSecond, burst }, nowMs);
      refilledMs = nowMs;
      if (tokens < 1) return ((1 - tokens) / perSecond) * 1_000;
      tokens -= 1;
      return 0;
    },
    giveBack() {
      tokens = Math.min(burst, tokens + 1);
    },
  };
}
