export interface TokenBucket {
  tokens: number;
  /** The time at which the bucket had `tokens` tokens. */
  atMs: number;
}

/** Returns how many tokens a bucket has now. If the clock was set back, no tokens are added. */
export const refill = (
  { tokens, atMs }: TokenBucket,
  { perSecond, burst }: { perSecond: number; burst: number },
  nowMs: number,
): number => Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1_000) * perSecond);
