import { createBoundedMap } from "../bounded-map.ts";

/** Whom a 429 is about: everybody who posts for this account, or one consumer that does not read. */
export type ThrottleScope = "account" | "consumer";

export interface ThrottleJudge {
  throttled(connectionId: string, nowMs: number): ThrottleScope;
  passed(connectionId: string): void;
}

/** Over about so many posts the share that the account throttles is averaged. */
const POSTS_AVERAGED = 64;
/** A row of 429s that chance would bring less often than this is the consumer's own. */
const CHANCE_MAX = 0.01;
/** A consumer that was not posted to for so long is judged anew. */
const REMEMBERED_MS = 60_000;
const CONSUMERS_MAX = 10_000;

/**
 * API Gateway answers 429 for two causes and does not say which. The account's rate hits posts at random, at a
 * share that is known from all of them; a consumer whose buffer is full is refused every time. So a connection is
 * its own cause as soon as as many refusals in a row would be too unlikely otherwise: two at a share of 2 %, seven
 * at a half. From then on its 429s say nothing about the account.
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
