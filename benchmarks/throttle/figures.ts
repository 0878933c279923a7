import type { SinkReport } from "../support/sink-protocol.ts";

export interface ThrottleFigures {
  /** 200 responses per second, divided by the quota. */
  goodputRatio: number;
  /** The share of posts with a 429 response. */
  rejectedRatio: number;
  /** Connections that got no post. */
  lost: number;
  duplicates: number;
  /** Time from the first post to the last 200 response. */
  seconds: number;
}

/**
 * The bucket starts full, so the first second has more 200 responses than the quota and is excluded. A variant that
 * uses the bucket slowly still has some of it after that second. Its goodput can be above 1.
 */
const FROM_MS = 1_000;
/** The last posts are retries for a few consumers. They are late by design and say nothing about throughput. */
const UNTIL_SHARE = 0.99;

export function throttleFigures(
  { timeline, accepted, rejected, posts, reached, duplicates, ...at }: SinkReport,
  { quota, connections }: { quota: number; connections: number },
): ThrottleFigures {
  const { firstPostAtMs = Number.NaN, lastAcceptedAtMs = Number.NaN } = at;
  return {
    goodputRatio: computeGoodput(timeline, accepted) / quota,
    rejectedRatio: rejected / posts,
    lost: connections - reached,
    duplicates,
    seconds: (lastAcceptedAtMs - firstPostAtMs) / 1_000,
  };
}

/**
 * Returns the 200 responses per second, from one second after the first post until 99 % of these responses. Returns NaN
 * if that was within the first second.
 */
function computeGoodput({ stepMs, accepted }: SinkReport["timeline"], total: number): number {
  const from = FROM_MS / stepMs;
  let sum = 0;
  let before = 0;
  for (const [step, count] of accepted.entries()) {
    if (step === from) before = sum;
    sum += count;
    if (sum < total * UNTIL_SHARE) continue;
    return step < from ? Number.NaN : (sum - before) / (((step + 1 - from) * stepMs) / 1_000);
  }
  return Number.NaN;
}
