import { atMostFor } from "../at-most-for.ts";
import { forEachAtOnce } from "../at-once.ts";
import type { LogSettings } from "../log/log-settings.ts";
import type { LogEnd } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { RecoveredPosition, Unsubscribed } from "../protocol.ts";
import type { Consumer, Position, Subscription } from "../types.ts";
import { newReplayBudget, priceOfRead, priceOfUnits, type ReplayBudget } from "./budget.ts";
import { believedOf, type LookUp, lookUpEnd, unknownOf } from "./look-up.ts";
import { missingSince, type ReplayFrame, untilEnd } from "./replay.ts";

type HealPorts = Pick<Ports, "log" | "subscriptions" | "clock" | "observe">;

export interface HealRequest {
  consumer: Consumer;
  /** The positions that the client has. */
  asked: ReadonlyMap<string, Position>;
  /** When the invocation ends. */
  endsAtMs: number;
  /** Default: a new one, without a brake. */
  budget?: ReplayBudget;
}

export interface Healed {
  /** The position of each topic. A topic that is missing is not known now: the client asks again. */
  positions: Map<string, RecoveredPosition | Unsubscribed>;
  frames: ReplayFrame[];
}

/**
 * Our own limit: how long a PING waits for positions, because its PONG shows the client that the connection is alive. Our
 * client waits 10 s for it. The rest is for a cold start and for the retries of the PONG's post.
 */
const HEAL_MS_MAX = 3_000;

/** Short invocations need time for the PONG too. */
const HEAL_SHARE = 0.5;

/**
 * Our own limit: how many topics are looked up at once, if the budget allows as many. Each sets aside what the end of a
 * log can cost, because the price is only known afterwards.
 */
const LOOKUPS_AT_ONCE = 10;

/**
 * Our own limit: how many rows of the connection one query reads, for each topic of the PING. A read unit pays for one
 * lookup or for about 16 rows of the usual size, so that the query costs no more than a lookup for each topic.
 */
const ROWS_PER_TOPIC = 10;

/** The usual size of a subscription's row. */
const ROW_BYTES = 256;

/**
 * Returns what a client at these positions has missed. Only a subscriber receives anything about a topic. A client that
 * has lost its subscription receives `subscribed: false`: for example if a wrong 410 removed it, or if it has expired. It never rejects: a
 * topic that could not be looked up, or not in time, is left out.
 */
export async function heal(ports: HealPorts, request: HealRequest, settings: LogSettings): Promise<Healed> {
  const healed: Healed = { positions: new Map(), frames: [] };
  const { asked, endsAtMs, budget = newReplayBudget() } = request;
  if (asked.size === 0) return healed;
  const { clock } = ports;
  const limitMs = Math.min(HEAL_MS_MAX, HEAL_SHARE * Math.max(0, endsAtMs - clock.now()));
  const report = reporterOf(ports);
  const search: Search = { ports, settings, healed, report, budget, limitMs };
  await atMostFor(clock, limitMs, lookUpAll(search, request).catch(report), undefined);
  budget.close();
  // A copy, because a lookup that is under way may still add to the original
  return { positions: new Map(healed.positions), frames: [...healed.frames] };
}

interface Search {
  ports: HealPorts;
  settings: LogSettings;
  healed: Healed;
  report(error: unknown): void;
  budget: ReplayBudget;
  /** How long all of it may take. */
  limitMs: number;
}

/** Reports one failure for a PING, and not the same failure for each of its topics. */
function reporterOf({ observe }: HealPorts): (error: unknown) => void {
  let reported = false;
  return (error) => {
    if (!reported) observe({ event: "background-failure", stage: "frame-ping", error });
    reported = true;
  };
}

async function lookUpAll(search: Search, { consumer, asked }: HealRequest): Promise<void> {
  const { ports, healed, report, budget, limitMs } = search;
  const { subscriptions, clock } = ports;
  const own = await subscriptions.liveTopicsOf({ consumer, limit: ROWS_PER_TOPIC * asked.size });
  budget.spend(priceOfRead(own.topicIds.size * ROW_BYTES, false));
  const behind: Behind[] = [];
  const ownAsked = [...asked.keys()].filter((topicId) => own.topicIds.has(topicId));
  // A busy connection still learns what is known already, also that it has lost a subscription
  const mayRead = await budget.permits(priceOfUnits(unknownOf(ports, ownAsked).length));
  const inLog: LookUp = { ...search, mayRead, believed: believedOf(ports, asked) };

  /** Returns what the client wants of a topic, and until when. Undefined if it is not subscribed. */
  async function findOwn(topicId: string): Promise<Own | "expired" | undefined> {
    const end = own.ends.get(topicId);
    if (own.topicIds.has(topicId)) {
      return { latest: own.latest.has(topicId), ...(end !== undefined && { expiresAtSeconds: end }) };
    }
    if (own.expired.has(topicId)) return "expired";
    if (own.complete) return undefined;
    budget.spend(priceOfUnits(1));
    return subscriptions.find({ consumer, topicId });
  }

  async function lookUp([topicId, since]: [string, Position]): Promise<void> {
    const subscription = await findOwn(topicId);
    if (!subscription || subscription === "expired") {
      const reason = subscription && { reason: subscription };
      healed.positions.set(topicId, { subscribed: false, ...reason });
      return;
    }
    const end = await lookUpEnd(inLog, topicId, since);
    if (end === "current") healed.positions.set(topicId, { ...since, recovered: true });
    else if (end) behind.push({ topicId, since, end, subscription });
  }

  const topics = startingAnywhere([...asked], clock.random());
  const lookups = forEachAtOnce(LOOKUPS_AT_ONCE, topics, async (topic) => {
    if (!budget.isClosed()) await lookUp(topic).catch(report);
  });
  // The replays come after the lookups, which set the most aside, but do not wait for one that hangs
  await atMostFor(clock, limitMs / 2, lookups, undefined);
  // One after the other, so that little of them is in memory at once
  for (const each of behind) await catchUp(search, each).catch(report);
  await lookups;
}

type Own = { latest?: boolean } & Pick<Subscription, "expiresAtSeconds">;

interface Behind {
  topicId: string;
  since: Position;
  end: LogEnd;
  subscription: Own;
}

async function catchUp(search: Search, { topicId, since, end, subscription }: Behind): Promise<void> {
  const { position, bytesSoFar } = end;
  const gap = { since, position, bytesSoFar, latest: subscription.latest === true };
  const missing = await missingSince(search.ports, topicId, gap, search.budget);
  if (missing === "later") return;
  search.healed.positions.set(topicId, { ...position, recovered: missing !== "gone" });
  if (missing !== "gone") search.healed.frames.push(...untilEnd(missing, subscription));
}

/** If the time is never enough for all topics, each heartbeat gets to others. */
function startingAnywhere<Item>(items: readonly Item[], random: number): Item[] {
  const start = Math.floor(random * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
