export interface TokenBucket {
  tokens: number;
  /** When `tokens` was right. */
  atMs: number;
}

/** The tokens of a bucket now. A clock that was set back adds none. */
export const refill = (
  { tokens, atMs }: TokenBucket,
  { perSecond, burst }: { perSecond: number; burst: number },
  nowMs: number,
): number => Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1_000) * perSecond);
