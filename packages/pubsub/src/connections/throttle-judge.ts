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
  const rows = new Map<string, { refusals: number; lastMs: number; scope: ThrottleScope }>();
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
      // Deleted first: a map keeps the order of insertion, and the one not met for longest goes
      rows.delete(connectionId);
      rows.set(connectionId, row);
      if (rows.size > CONSUMERS_MAX) forgetOldest(rows);
      return row.scope;
    },
    passed(connectionId) {
      average(0);
      if (rows.size > 0) rows.delete(connectionId);
    },
  };
}

const newRow = (): { refusals: number; lastMs: number; scope: ThrottleScope } => ({
  refusals: 0,
  lastMs: 0,
  scope: "account",
});

function forgetOldest(rows: Map<string, unknown>): void {
  const [oldest] = rows.keys();
  if (oldest !== undefined) rows.delete(oldest);
}
