import type { Position } from "lambda-websocket-pubsub-client";
import type { ChatMessage } from "./message.ts";

export type Entry =
  | (ChatMessage & { kind: "message"; publishedAt: number; isMine: boolean })
  | { kind: "gap"; text: string };

/** What the page shows, and the position behind it: what a reload goes on from. */
export interface History {
  readonly entries: readonly Entry[];
  readonly position: Position | undefined;
  /** `entry` is what stands at `position`; none if nothing is to be shown there. */
  advance(position: Position, entry?: Entry): void;
}

/** Kept on the page and in the storage; at the most about 2 MB of the 5 MB that browsers allow. */
export const ENTRIES_MAX = 500;
const SAVE_DELAY_MS = 250;

interface Saved {
  position: Position | undefined;
  entries: Entry[];
}

/**
 * Entries and position are one item, written at once: a position ahead of its entries would be a gap after the
 * reload, and one behind them a duplicate. What a crash keeps from being written is replayed by the server.
 */
export function createHistory(room: string, storage: Storage): History {
  const key = `chat:${room}`;
  const saved = read(storage.getItem(key));
  let timer: ReturnType<typeof setTimeout> | undefined;

  function save(): void {
    clearTimeout(timer);
    timer = undefined;
    storage.setItem(key, JSON.stringify(saved));
  }

  addEventListener("pagehide", save);
  return {
    get entries() {
      return saved.entries;
    },
    get position() {
      return saved.position;
    },
    advance(position, entry) {
      saved.position = { epoch: position.epoch, offset: position.offset };
      if (entry) saved.entries = [...saved.entries, entry].slice(-ENTRIES_MAX);
      timer ??= setTimeout(save, SAVE_DELAY_MS);
    },
  };
}

/** Only this page writes here, but maybe an older version of it. */
function read(text: string | null): Saved {
  try {
    const { position, entries } = JSON.parse(text ?? "{}") as Partial<Saved>;
    const isPosition = typeof position?.epoch === "string" && typeof position.offset === "number";
    if (isPosition && Array.isArray(entries)) return { position, entries };
  } catch {
    // Not JSON: begin anew
  }
  return { position: undefined, entries: [] };
}
