export interface TokenBucket {
  /** Takes one token. Returns false if the bucket is empty. */
  take(): boolean;
  configure(settings: TokenBucketSettings): void;
}

export interface TokenBucketSettings {
  ratePerSecond: number;
  burst: number;
}

/** Creates a bucket that starts full. API Gateway throttles with this algorithm. `nowMs` must be monotonic. */
export function createTokenBucket(
  initial: TokenBucketSettings,
  nowMs: () => number = () => performance.now(),
): TokenBucket {
  let settings = initial;
  let tokens = initial.burst;
  let refilledAtMs = nowMs();

  function refill(): void {
    const now = nowMs();
    tokens = Math.min(settings.burst, tokens + ((now - refilledAtMs) / 1_000) * settings.ratePerSecond);
    refilledAtMs = now;
  }

  return {
    take() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    configure(next) {
      refill();
      settings = next;
      tokens = Math.min(tokens, next.burst);
    },
  };
}
