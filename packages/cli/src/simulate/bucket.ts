/** A token bucket, as API Gateway and DynamoDB limit requests. It starts full. */
export interface Bucket {
  /** Takes the tokens if any are left, and perhaps owes some of them then. Returns whether it did. */
  take(tokens: number, nowMs: number): boolean;
}

export function createBucket(perSecond: number, burst: number, startMs: number): Bucket {
  let level = burst;
  let filledMs = startMs;
  return {
    take(tokens, nowMs) {
      level = Math.min(burst, level + ((nowMs - filledMs) / 1_000) * perSecond);
      filledMs = nowMs;
      // A request of several units is let pass by what is left, and the units that were missing are owed
      if (level < Math.min(1, tokens)) return false;
      level -= tokens;
      return true;
    },
  };
}
