import type { SinkReport } from "../support/sink-protocol.ts";

export interface ThrottleFigures {
  /** Posts answered 200 per second, of the quota. */
  goodputRatio: number;
  /** 429s, of all posts. */
  rejectedRatio: number;
  /** Connections never reached. */
  lost: number;
  duplicates: number;
  /** From the first post to the last one answered 200. */
  seconds: number;
}

/**
 * The bucket starts full, so at first more than the quota is answered 200. Who is slow to use it up has some of it
 * left after that, and may come out above 1.
 */
const FROM_MS = 1_000;
/** What comes late by nature, a few consumers whose turn to be tried again comes last, is not throughput. */
const UNTIL_SHARE = 0.99;

export function throttleFigures(
  { timeline, accepted, rejected, posts, reached, duplicates, ...at }: SinkReport,
  { quota, connections }: { quota: number; connections: number },
): ThrottleFigures {
  const { firstPostAtMs = Number.NaN, lastAcceptedAtMs = Number.NaN } = at;
  return {
    goodputRatio: goodput(timeline, accepted) / quota,
    rejectedRatio: rejected / posts,
    lost: connections - reached,
    duplicates,
    seconds: (lastAcceptedAtMs - firstPostAtMs) / 1_000,
  };
}

/**
 * 200s per second from one second after the first post until 99 % of all of them were given. NaN when that was
 * within the first second.
 */
function goodput({ stepMs, accepted }: SinkReport["timeline"], total: number): number {
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
