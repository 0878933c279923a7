import { isEpoch } from "../log/epoch.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { findEnd, type LogEnd } from "../log/position.ts";
import { recentEndsOf } from "../log/recent-ends.ts";
import type { Ports } from "../ports.ts";
import type { Position } from "../types.ts";
import { priceOfUnits, type ReplayBudget } from "./budget.ts";

/** The most that the end of a log can cost: DynamoDB bills the whole last event, of up to 128 KB and its ids. */
const STRONG_PRICE_MAX = priceOfUnits(33);
const LAGGING_PRICE_MAX = priceOfUnits(17);

/**
 * Our own limit: how many ends that this process has not read one PING reads as a whole, whatever the size of the last
 * event. If there are more, the client's positions are taken for the ends at first, and then some are read with each PING.
 */
const ENDS_READ_MAX = 10;

export interface LookUp {
  ports: Pick<Ports, "log" | "clock">;
  settings: LogSettings;
  budget: ReplayBudget;
  /** Whether the brake permits reads. Without them, what is known already still counts. */
  mayRead: boolean;
  /** The topics whose position is taken from the client, unless an event follows it. */
  believed: ReadonlySet<string>;
}

/** What the end of a log means for a client, or undefined if the budget is too small to find out. */
export type Found = "current" | LogEnd | undefined;

/** Returns the topics that are not known without a read. */
export const unknownOf = ({ log, clock }: LookUp["ports"], topicIds: readonly string[]): string[] =>
  topicIds.filter((topicId) => !recentEndsOf(log).fresh(topicId, clock.now()));

/**
 * Chooses the topics whose position is taken from the client for now, because a PING names too many whose ends this
 * process has not read: a last event of 128 KB costs 16 units, and what follows a position half a unit.
 */
export function believedOf(
  { log, clock }: LookUp["ports"],
  asked: ReadonlyMap<string, Position>,
): ReadonlySet<string> {
  const ends = recentEndsOf(log);
  const nowMs = clock.now();
  const unread = [...asked].flatMap(([topicId, { epoch, offset }]) =>
    offset > 0 && isEpoch(epoch) && !ends.isRead(topicId, nowMs) ? [topicId] : [],
  );
  if (unread.length <= ENDS_READ_MAX) return new Set();
  const readNow = new Set(unread.filter(ends.isStated).slice(0, ENDS_READ_MAX));
  return new Set(unread.filter((topicId) => !readNow.has(topicId)));
}

/**
 * Compares the client's position with the end of the log: first with what this process has read within a second, then with
 * an eventually consistent read. Only if neither shows that the client has everything, a strongly consistent read decides,
 * because the others can be older than what the client has.
 */
export async function lookUpEnd(lookUp: LookUp, topicId: string, since: Position): Promise<Found> {
  const { ports, settings, believed } = lookUp;
  const ends = recentEndsOf(ports.log);
  const nowMs = ports.clock.now();
  const fresh = ends.fresh(topicId, nowMs);
  if (isSame(fresh, since)) return "current";
  if (!fresh) {
    const request = { nowMs, settings, ...(believed.has(topicId) && { stated: since }) };
    const looked = await within(lookUp, LAGGING_PRICE_MAX, () => ends.look(topicId, request));
    if (!looked) return undefined;
    if (isSame(looked.position, since)) return "current";
  }
  const end = await within(lookUp, STRONG_PRICE_MAX, () => findEnd(ports, topicId, settings));
  return end && isSame(end.position, since) ? "current" : end;
}

/** Returns undefined if no read is permitted, or if the budget is too small for one that costs as much as it can. */
async function within<Result extends { readUnits: number }>(
  { budget, mayRead }: LookUp,
  priceMax: number,
  call: () => Promise<Result>,
): Promise<Result | undefined> {
  const settle = mayRead ? await budget.reserve(priceMax) : undefined;
  if (!settle) return undefined;
  // DynamoDB bills nothing for a call that it throttled, and little for most others that fail
  let price = priceOfUnits(1);
  try {
    const result = await call();
    price = priceOfUnits(result.readUnits);
    return result;
  } finally {
    settle(price);
  }
}

const isSame = (one: Position | undefined, other: Position): boolean =>
  one?.epoch === other.epoch && one.offset === other.offset;
