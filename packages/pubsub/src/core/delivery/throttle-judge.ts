import { createBoundedMap } from "../bounded-map.ts";

/**
 * What a 429 is about: the account's rate, or one consumer that does not read. `unknown`: no post to another connection
 * was accepted for a while, so it can be either.
 */
export type ThrottleScope = "account" | "consumer" | "unknown";

export interface ThrottleJudge {
  /** The service refused a post to this connection. */
  refused(connectionId: string, nowMs: number): ThrottleScope;
  passed(connectionId: string): void;
}

/** The share of posts that the account throttles is an average over about 64 posts. */
const POSTS_AVERAGED = 64;
/** What the average starts from, with the weight of two posts: nothing is known yet. */
const FIRST_SHARE = 0.5;
const FIRST_SHARE_POSTS = 2;
/** If a row of 429s is less probable than this by chance, the consumer is its cause. */
const CHANCE_MAX = 0.01;
/** The row of a consumer starts again after a minute without a 429. */
const REMEMBERED_MS = 60_000;
/**
 * Our own limit: for this long a connection's 429s are taken for the account's, if no other connection can show whose
 * they are. An invocation that waits longer costs more than a redelivery.
 */
const UNDECIDED_MS_MAX = 2_000;
const CONSUMERS_MAX = 10_000;

/**
 * API Gateway returns 429 for two causes and does not say which. The account's rate throttles posts at random, at a
 * share that all posts together show. A consumer whose buffer is full is throttled every time. So a connection counts as
 * the cause when posts to other connections were accepted meanwhile, and its 429s in a row would otherwise be too
 * improbable: two at a share of 2 %, seven at a half. From then on its 429s do not count for the account.
 */
export function createThrottleJudge(): ThrottleJudge {
  const rows = createBoundedMap<Refusals>(CONSUMERS_MAX);
  let share = FIRST_SHARE;
  let averaged = FIRST_SHARE_POSTS;
  let accepted = 0;

  const average = (refused: number): void => {
    averaged = Math.min(POSTS_AVERAGED, averaged + 1);
    share += (refused - share) / averaged;
  };

  /** A row ends with the connection's own next post that passes, so all posts accepted since are to others. */
  function scopeOf({ refusals, firstMs, acceptedBefore }: Refusals, nowMs: number): ThrottleScope {
    if (accepted > acceptedBefore) return share ** refusals < CHANCE_MAX ? "consumer" : "account";
    return nowMs - firstMs < UNDECIDED_MS_MAX ? "account" : "unknown";
  }

  return {
    refused(connectionId, nowMs) {
      const known = rows.get(connectionId);
      const row = known && nowMs - known.lastMs < REMEMBERED_MS ? known : newRow(nowMs, accepted);
      row.refusals += 1;
      row.lastMs = nowMs;
      // Only the first counts: a consumer that is refused every time would look like an account that refuses all posts
      if (row.refusals === 1) average(1);
      else if (!row.blamed) row.blamed = scopeOf(row, nowMs) === "consumer";
      rows.set(connectionId, row);
      return row.blamed ? "consumer" : scopeOf(row, nowMs);
    },
    passed(connectionId) {
      accepted += 1;
      average(0);
      rows.delete(connectionId);
    },
  };
}

interface Refusals {
  refusals: number;
  firstMs: number;
  lastMs: number;
  /** How many posts were accepted before the first refusal. */
  acceptedBefore: number;
  blamed: boolean;
}

const newRow = (firstMs: number, acceptedBefore: number): Refusals => ({
  refusals: 0,
  firstMs,
  lastMs: firstMs,
  acceptedBefore,
  blamed: false,
});
