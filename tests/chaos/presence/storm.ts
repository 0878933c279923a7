import { setTimeout as sleep } from "node:timers/promises";
import type { Line } from "../lines.ts";
import { countQueuedMessages } from "../run/queued-messages.ts";
import type { StageSet } from "../run/stage.ts";
import { converge, patiently } from "./converge.ts";
import { readHistoryOf, type Told } from "./memberships.ts";
import { createRooms, type Rooms } from "./rooms.ts";
import type { Tab, TabOptions } from "./tab.ts";
import type { Tally } from "./tally.ts";

export interface Storm {
  reconnects: number;
  users: number;
  /** Users who were shown as gone, and as there again. */
  left: number;
  joined: number;
  /** The most leaves and joins of one user. */
  leavesMax: number;
  joinsMax: number;
  ticks: number;
  posts: number;
  convergedSeconds: number;
}

const ROOM = "storm";
/** As many as a list can have. */
const USERS = 200;
const TABS = 5;
const CONNECTS_AT_ONCE = 20;
/** All go within this time, and each user stays away for a time of its own. */
const GO_MS = 5_000;
const AWAY_MS = { min: 1_000, max: 15_000 };
/** The tabs of a user come back at about the same time. */
const SPREAD_MS = 1_000;
/** API Gateway's own limit: a busy machine must not cut connections in the storm. */
const IDLE_MS = 600_000;
/** A client that takes a slow server for a lost connection reconnects once more, and its user may leave once more. */
const PACE: TabOptions["pace"] = { answerTimeoutMs: 600_000 };

/** Lets 1,000 connections of 200 users end and come back, and counts what the members were told of it. */
export async function runStorm(
  set: StageSet,
  { tally, record, onProgress }: { tally: Tally; record(line: Line): void; onProgress(text: string): void },
): Promise<{ storm: Storm; mismatches: string[] }> {
  const { stack, stage, awsClients } = set;
  stack.setLimits({ idleTimeoutMs: IDLE_MS });
  const rooms = createRooms(set, record);
  const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
  const sorted = users.toSorted();
  const isQuiet = (): Promise<boolean> =>
    patiently(async () => (await countQueuedMessages(awsClients, stack.fanoutQueueUrl)).all === 0);

  onProgress("storm: joining");
  await joinAll(rooms, users);
  await converge(() => wrong(rooms, sorted), Date.now);
  await isQuiet();
  const before = { ticks: tally.ticks, posts: tally.posts };
  const eventsBefore = (await readHistoryOf(set, ROOM)).length;

  onProgress("storm");
  const endLag = stack.faults.dynamodb({ indexLagMs: 1_000 });
  const beganMs = Date.now();
  const tabsOf = Map.groupBy(rooms.tabs, ({ userId }) => userId);
  const reconnected = [...tabsOf].flatMap(([userId, tabs]) => {
    const goMs = GO_MS * stage.random();
    const backMs = goMs + AWAY_MS.min + (AWAY_MS.max - AWAY_MS.min) * stage.random();
    return tabs.map(async (tab) => {
      const lateMs = SPREAD_MS * stage.random();
      await sleep(goMs + lateMs);
      rooms.end(tab, "close");
      await sleep(backMs - goMs);
      await rooms.open(ROOM, userId, PACE).ready;
    });
  });
  await Promise.all(reconnected);
  const backMs = Date.now();
  const { seconds, mismatches } = await converge(
    () => wrong(rooms, sorted),
    () => backMs,
  );
  endLag();
  await isQuiet();
  const told = (await readHistoryOf(set, ROOM)).slice(eventsBefore - 1);
  rooms.close();
  const storm: Storm = {
    reconnects: reconnected.length,
    users: USERS,
    ...countChanges(told),
    ticks: tally.ticks - before.ticks,
    posts: tally.posts - before.posts,
    convergedSeconds: seconds,
  };
  const found = [...mismatches, ...judgeStorm(storm), ...explain(told, beganMs)];
  return { storm, mismatches: found.map((each) => `storm: ${each}`) };
}

async function joinAll(rooms: Rooms, users: readonly string[]): Promise<void> {
  const wanted = Array.from({ length: USERS * TABS }, (_, n) => users[n % USERS] ?? "");
  for (let begun = 0; begun < wanted.length; begun += CONNECTS_AT_ONCE) {
    const tabs = wanted.slice(begun, begun + CONNECTS_AT_ONCE).map((user) => rooms.open(ROOM, user, PACE));
    await Promise.all(tabs.map(({ ready }) => ready));
  }
}

/** Returns how many of the pages show anybody else than all users. */
function wrong({ tabs }: Rooms, users: readonly string[]): string[] {
  const all = users.join();
  const count = [...tabs].filter((tab: Tab) => tab.shown().join() !== all).length;
  return count === 0 ? [] : [`${count} of ${tabs.size} pages do not show all ${users.length} users`];
}

/** When a user was shown as gone and as there again. */
interface Change {
  atMs: number;
  what: "left" | "joined";
}

function changesOf(told: readonly Told[]): Map<string, Change[]> {
  const changes = new Map<string, Change[]>();
  for (const [index, { atMs, users }] of told.entries()) {
    const earlier = told[index - 1]?.users ?? users;
    for (const user of new Set([...earlier, ...users])) {
      if (earlier.has(user) === users.has(user)) continue;
      const what = users.has(user) ? "joined" : "left";
      changes.set(user, [...(changes.get(user) ?? []), { atMs, what }]);
    }
  }
  return changes;
}

type Changes = Pick<Storm, "left" | "joined" | "leavesMax" | "joinsMax">;

export function countChanges(told: readonly Told[]): Changes {
  const all = [...changesOf(told).values()];
  const counts = (wanted: Change["what"]): number[] =>
    all.map((changes) => changes.filter(({ what }) => what === wanted).length).filter((count) => count > 0);
  const [leaves, joins] = [counts("left"), counts("joined")];
  return {
    left: leaves.length,
    joined: joins.length,
    leavesMax: Math.max(0, ...leaves),
    joinsMax: Math.max(0, ...joins),
  };
}

/** Describes what was told of the users who left or joined more than once, in seconds since the storm began. */
function explain(told: readonly Told[], beganMs: number): string[] {
  return [...changesOf(told)]
    .filter(([, changes]) => changes.length > 2)
    .map(([user, changes]) => {
      const times = changes.map(({ atMs, what }) => `${what} after ${(atMs - beganMs) / 1_000} s`);
      return `${user} ${times.join(", ")}`;
    });
}

/** At most one leave and one join of a user, and two posts for each tick and member. */
export function judgeStorm({ leavesMax, joinsMax, ticks, posts, reconnects }: Storm): string[] {
  return [
    ...(leavesMax > 1 ? [`a user left ${leavesMax} times`] : []),
    ...(joinsMax > 1 ? [`a user joined ${joinsMax} times`] : []),
    ...(posts > 2 * ticks * reconnects ? [`${posts} posts for ${ticks} ticks`] : []),
  ];
}
