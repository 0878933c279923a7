import { setTimeout as sleep } from "node:timers/promises";
import type { Line } from "../lines.ts";
import type { StageSet } from "../run/stage.ts";
import { pickOne } from "../troubles/trouble.ts";
import { openTab, type Tab, type TabOptions, type Way } from "./tab.ts";

/** The rooms, the pages that are open in them, and who is really there. */
export interface Rooms {
  readonly tabs: ReadonlySet<Tab>;
  /** What users did so far. */
  readonly moves: { joins: number; leaves: number; reloads: number; vanished: number };
  open(room: string, userId: string, pace?: TabOptions["pace"]): Tab;
  end(tab: Tab, way: Way): void;
  /** Returns the users who are in a room, sorted. */
  usersIn(room: string): string[];
  /** Whether the connections of all pages that were closed have ended. */
  areGone(): boolean;
  close(): void;
}

export function createRooms(
  { stack, stage }: Pick<StageSet, "stack" | "stage">,
  record: (line: Line) => void,
): Rooms {
  const tabs = new Set<Tab>();
  const ended = new Set<Tab>();
  const vanished = new Set<string>();
  const moves = { joins: 0, leaves: 0, reloads: 0, vanished: 0 };
  let names = 0;
  stack.faults.disconnect({ match: ({ connectionId }) => vanished.has(stage.whoIs(connectionId)) });
  return {
    tabs,
    moves,
    open(room, userId, pace) {
      const who = `client-${++names}`;
      const { websocketUrl } = stack;
      const tab = openTab({ websocketUrl, who, userId, room, random: stage.random, pace });
      tabs.add(tab);
      moves.joins += 1;
      record({ at: Date.now(), k: "subscribed", who, topic: room });
      return tab;
    },
    end(tab, way) {
      if (way === "vanish") vanished.add(tab.who);
      if (way === "vanish" || way === "silence") moves.vanished += 1;
      else moves.leaves += 1;
      record({ at: Date.now(), k: "left", who: tab.who, topic: tab.room });
      tab.leave(way);
      tabs.delete(tab);
      ended.add(tab);
    },
    usersIn: (room) => [...new Set([...tabs].filter((tab) => tab.room === room).map(toUser))].sort(),
    areGone: () => [...ended].every((tab) => tab.isGone()),
    close() {
      for (const tab of tabs) tab.leave("close");
    },
  };
}

const toUser = ({ userId }: Tab): string => userId;

/** Fewer than the users of a list, and enough that several join and leave within a second. */
const TABS_MAX = 10;
const USERS = ["ada", "ben", "cid", "dan", "eve", "fay"] as const;
const PAUSE_MS = 300;
const RELOAD_MS = 8_000;

/** Lets users come, go, reload and vanish at random until the time is over, but not those in `staying`. */
export async function moveAbout(
  rooms: Rooms,
  {
    names,
    ways,
    staying,
    random,
    untilMs,
  }: {
    names: readonly string[];
    ways: readonly Way[];
    staying: ReadonlySet<Tab>;
    random(): number;
    untilMs: number;
  },
): Promise<void> {
  const reloads: Promise<unknown>[] = [];
  while (Date.now() < untilMs) {
    const room = pickOne(names, random) ?? "";
    const open = [...rooms.tabs].filter((tab) => tab.room === room && !staying.has(tab));
    const tab = pickOne(open, random);
    const chance = random();
    if (!tab || (chance < 0.5 && open.length < TABS_MAX)) rooms.open(room, pickOne(USERS, random) ?? "ada");
    else if (chance < 0.65) {
      rooms.end(tab, "close");
      rooms.moves.reloads += 1;
      const awayMs = Math.min(random() * RELOAD_MS, Math.max(0, untilMs - Date.now()));
      reloads.push(sleep(awayMs).then(() => rooms.open(room, tab.userId)));
    } else rooms.end(tab, pickOne(ways, random) ?? "close");
    await sleep(Math.min(2 * PAUSE_MS * random(), Math.max(0, untilMs - Date.now())));
  }
  await Promise.all(reloads);
}
