import { createBoundedMap } from "../bounded-map.ts";

/** What a 429 is about: the account's rate, or one consumer that does not read. */
export type ThrottleScope = "account" | "consumer";

export interface ThrottleJudge {
  throttled(connectionId: string, nowMs: number): ThrottleScope;
  passed(connectionId: string): void;
}

/** The share of posts that the account throttles is an average over about 64 posts. */
const POSTS_AVERAGED = 64;
/** If a row of 429s is less probable than this by chance, the consumer is its cause. */
const CHANCE_MAX = 0.01;
/** The row of a consumer starts again after a minute without a 429. */
const REMEMBERED_MS = 60_000;
const CONSUMERS_MAX = 10_000;

/**
 * API Gateway returns 429 for two causes and does not say which. The account's rate throttles posts at random, at a
 * share that all posts together show. A consumer whose buffer is full is throttled every time. So a connection counts as
 * the cause when its 429s in a row would otherwise be too improbable: two at a share of 2 %, seven at a half. From then
 * on its 429s do not count for the account.
 */
export function createThrottleJudge(): ThrottleJudge {
  const rows = createBoundedMap<Refusals>(CONSUMERS_MAX);
  let share = 0;

  const average = (throttled: number): void => {
    share += (throttled - share) / POSTS_AVERAGED;
  };

  return {
    throttled(connectionId, nowMs) {
      const known = rows.get(connectionId);
      const row = known && nowMs - known.lastMs < REMEMBERED_MS ? known : newRow();
      row.refusals += 1;
      row.lastMs = nowMs;
      if (share ** row.refusals < CHANCE_MAX && row.refusals > 1) row.scope = "consumer";
      if (row.scope === "account") average(1);
      rows.set(connectionId, row);
      return row.scope;
    },
    passed(connectionId) {
      average(0);
      rows.delete(connectionId);
    },
  };
}

interface Refusals {
  refusals: number;
  lastMs: number;
  scope: ThrottleScope;
}

const newRow = (): Refusals => ({
  refusals: 0,
  lastMs: 0,
  scope: "account",
});
