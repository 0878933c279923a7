import type { Line } from "../lines.ts";
import type { StageSet } from "../run/stage.ts";
import { converge, patiently } from "./converge.ts";
import { type Membership, readLeaveTick, readMemberships } from "./memberships.ts";
import type { Rooms } from "./rooms.ts";
import type { Tab } from "./tab.ts";
import type { Tally } from "./tally.ts";

export interface Phases {
  seconds: {
    /** After the last fault and the last end of a connection: of the changes that the server heard of. */
    faults: number;
    /** After the first posts that got 410: of the connections that nobody reported. */
    lost?: number;
    /** After an ordinary leave, when everything works. */
    leave?: number;
  };
  mismatches: string[];
}

interface Watched {
  names: readonly string[];
  /** A page that was closed when all was calm. */
  closed: { tab: Tab; atMs: number };
  tally: Tally;
  /** Whether to find the lost connections too, and whether to judge the times. */
  isLong: boolean;
  record(line: Line): void;
  onProgress(text: string): void;
}

/** The grace of a leave, and the time that presence has beyond it. */
const BOUND_SECONDS = 20;
const GRACE_MS = 10_000;
/** The worker ignores a 410 of subscriptions younger than 30 s. */
const YOUNG_MS = 32_000;

/** Waits until every open page shows the true set: after the faults, after the lost connections were found, after a leave. */
export async function watchConvergence(
  set: StageSet,
  rooms: Rooms,
  { names, closed, tally, isLong, record, onProgress }: Watched,
): Promise<Phases> {
  const { stage } = set;
  const mismatches: string[] = [];
  const seconds: Phases["seconds"] = { faults: 0 };
  const isOpen = ({ connectionId }: Membership): boolean =>
    [...rooms.tabs].some(({ who }) => who === stage.whoIs(connectionId));

  let newestMs = 0;

  /** Returns what open pages show that is not in the table, or the other way round. */
  async function lookAtTable(): Promise<string[]> {
    const memberships = await readMemberships(set);
    newestMs = Math.max(newestMs, ...memberships.map(({ subscribedAtMs }) => subscribedAtMs));
    return names.flatMap((room) => {
      const users = memberships.filter((one) => one.room === room).map(({ userId }) => userId);
      const missing = rooms.usersIn(room).filter((userId) => !users.includes(userId));
      const inTable = [...new Set(users)].sort();
      return [
        ...missing.map((userId) => `${room}: ${userId} is there and has no membership`),
        ...wrongPages(rooms, room, inTable),
      ];
    });
  }

  /** Returns what open pages show that is not true. */
  const lookAtTruth = (): string[] => names.flatMap((room) => wrongPages(rooms, room, rooms.usersIn(room)));

  async function phase(
    name: keyof Phases["seconds"],
    look: () => Promise<string[]> | string[],
    sinceMs: () => number,
  ): Promise<void> {
    const found = await converge(look, sinceMs);
    seconds[name] = found.seconds;
    mismatches.push(...found.mismatches.map((mismatch) => `${name}: ${mismatch}`));
    for (const { who, room, shown } of rooms.tabs)
      record({ at: Date.now(), k: "shown", who, topic: room, users: shown() });
    if (isLong && found.mismatches.length === 0 && found.seconds > BOUND_SECONDS) {
      mismatches.push(`${name}: converged after ${found.seconds} s, and not within ${BOUND_SECONDS} s`);
    }
  }

  onProgress("after the faults");
  await patiently(rooms.areGone);
  const lastEndMs = Date.now();
  // A client that lost its connection pauses before it connects again, and is a member only after that
  await phase("faults", lookAtTable, () => Math.max(lastEndMs, newestMs));
  const ghosts = (await readMemberships(set)).filter((one) => !isOpen(one));
  const { disconnectsLost, integrationErrors } = set.stack.stats().gateway;
  if (ghosts.length > disconnectsLost + integrationErrors) {
    mismatches.push(`faults: ${ghosts.length} memberships of gone connections, more than were lost`);
  }
  // Something else may have told the others. A busy machine may have ended the $disconnect
  const { userId, room } = closed.tab;
  const isLost = ghosts.some((one) => one.room === room && one.userId === userId);
  if (!isLost && (await readLeaveTick(set, room)) < closed.atMs + GRACE_MS) {
    mismatches.push(`faults: no tick was sent when ${userId} left ${room}`);
  }
  if (!isLong) return { seconds, mismatches };

  onProgress("lost connections");
  const oldMs = Math.max(0, ...ghosts.map(({ subscribedAtMs }) => subscribedAtMs + YOUNG_MS));
  await patiently(() => Date.now() > oldMs);
  tally.gone.clear();
  const late: Tab[] = names.map((room) => rooms.open(room, "late"));
  await Promise.all(late.map(({ ready }) => ready));
  const joinedMs = Date.now();
  await phase("lost", lookAtTruth, () => Math.max(joinedMs, ...tally.gone.values()));
  const left = (await readMemberships(set)).filter((one) => !isOpen(one));
  mismatches.push(...left.map(({ room, userId }) => `lost: ${userId} still has a membership of ${room}`));

  onProgress("an ordinary leave");
  for (const tab of late) rooms.end(tab, "close");
  await patiently(rooms.areGone);
  const leftMs = Date.now();
  await phase("leave", lookAtTruth, () => leftMs);
  return { seconds, mismatches };
}

const wrongPages = ({ tabs }: Rooms, room: string, users: readonly string[]): string[] =>
  [...tabs]
    .filter((tab) => tab.room === room && tab.shown().join() !== users.join())
    .map(({ who, shown }) => `${room}: ${who} shows ${shown().join()}; expected ${users.join()}`);
