import { atMostFor } from "../at-most-for.ts";
import { forEachAtOnce } from "../at-once.ts";
import type { EventsFrame } from "../frames.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { currentPosition } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { RecoveredPosition } from "../protocol.ts";
import type { Consumer, Position } from "../types.ts";
import { missingSince, newReplayBudget, type ReplayBudget } from "./replay.ts";

type HealPorts = Pick<Ports, "log" | "subscriptions" | "clock" | "observe">;

export interface HealRequest {
  consumer: Consumer;
  /** The positions that the client has. */
  asked: ReadonlyMap<string, Position>;
  /** When the invocation ends. */
  endsAtMs: number;
}

export interface Healed {
  /** The position of each topic. A topic that is missing is not known now: the client asks again. */
  positions: Map<string, RecoveredPosition | { subscribed: false }>;
  frames: EventsFrame[];
}

/**
 * Our own limit: how long a PING waits for positions, because its PONG shows the client that the connection is alive. Our
 * client waits 10 s for it. The rest is for a cold start and for the retries of the PONG's post.
 */
const HEAL_MS_MAX = 3_000;

/** Short invocations need time for the PONG too. */
const HEAL_SHARE = 0.5;

/**
 * Our own limit: the 100 topics of a PING take four rounds, and half of the SDK's 50 connections stay free.
 * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-maxsockets.html
 */
const LOOKUPS_AT_ONCE = 25;

/**
 * Our own limit: how many rows of the connection one query reads, for each topic of the PING. A read unit pays for one
 * lookup or for about 16 rows of the usual size, so that the query costs no more than a lookup for each topic.
 */
const ROWS_PER_TOPIC = 10;

/**
 * Returns what a client at these positions has missed. Only a subscriber receives anything about a topic. A client that
 * has lost its subscription receives `subscribed: false`: for example if a wrong 410 removed it. It never rejects: a
 * topic that could not be looked up, or not in time, is left out.
 */
export async function heal(ports: HealPorts, request: HealRequest, settings: LogSettings): Promise<Healed> {
  const healed: Healed = { positions: new Map(), frames: [] };
  const { asked, endsAtMs } = request;
  if (asked.size === 0) return healed;
  const { clock } = ports;
  const limitMs = Math.min(HEAL_MS_MAX, HEAL_SHARE * Math.max(0, endsAtMs - clock.now()));
  const report = reporterOf(ports);
  const search: Search = { ports, settings, healed, report, budget: newReplayBudget(), isOver: false };
  await atMostFor(clock, limitMs, lookUpAll(search, request).catch(report), undefined);
  search.isOver = true;
  // A copy, because a lookup that is under way may still add to the original
  return { positions: new Map(healed.positions), frames: [...healed.frames] };
}

interface Search {
  ports: HealPorts;
  settings: LogSettings;
  healed: Healed;
  report(error: unknown): void;
  budget: ReplayBudget;
  /** Nothing more is looked up. */
  isOver: boolean;
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
  const { ports, settings, healed, report } = search;
  const { subscriptions, clock } = ports;
  const own = await subscriptions.liveTopicsOf({ consumer, limit: ROWS_PER_TOPIC * asked.size });
  let caughtUp = Promise.resolve();

  async function lookUp([topicId, since]: [string, Position]): Promise<void> {
    const isOwn =
      own.topicIds.has(topicId) || (!own.complete && (await subscriptions.has({ consumer, topicId })));
    if (!isOwn) {
      healed.positions.set(topicId, { subscribed: false });
      return;
    }
    const position = await currentPosition(ports, topicId, settings);
    if (isSame(position, since)) healed.positions.set(topicId, { ...position, recovered: true });
    // One after the other, because they share a budget, and so that little of them is in memory at once
    else caughtUp = caughtUp.then(() => catchUp(search, { topicId, since, position })).catch(report);
  }

  await forEachAtOnce(LOOKUPS_AT_ONCE, startingAnywhere([...asked], clock.random()), async (topic) => {
    if (!search.isOver) await lookUp(topic).catch(report);
  });
  await caughtUp;
}

interface Behind {
  topicId: string;
  since: Position;
  position: Position;
}

async function catchUp(search: Search, behind: Behind): Promise<void> {
  if (search.isOver) return;
  const { topicId, position } = behind;
  const missing = await missingSince(search.ports, topicId, behind, search.budget);
  if (missing === "later") return;
  search.healed.positions.set(topicId, { ...position, recovered: missing !== "gone" });
  if (missing !== "gone") search.healed.frames.push(...missing);
}

const isSame = (one: Position, other: Position): boolean =>
  one.epoch === other.epoch && one.offset === other.offset;

/** If the time is never enough for all topics, each heartbeat gets to others. */
function startingAnywhere<Item>(items: readonly Item[], random: number): Item[] {
  const start = Math.floor(random * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
