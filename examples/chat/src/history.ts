import type { Position } from "lambda-websocket-pubsub-client";
import type { ChatMessage } from "./message.ts";

export type Entry =
  | (ChatMessage & { kind: "message"; publishedAt: number; isMine: boolean })
  | { kind: "gap"; text: string };

/** The entries on the page and the position of the last one. A reload continues from there. */
export interface History {
  readonly entries: readonly Entry[];
  readonly position: Position | undefined;
  /** `entry` is the entry at `position`, if there is one to show. */
  advance(position: Position, entry?: Entry): void;
}

/** How many entries the page and the storage keep: at most about 2 MB of the 5 MB that browsers allow. */
export const ENTRIES_MAX = 500;
const SAVE_DELAY_MS = 250;

interface Saved {
  position: Position | undefined;
  entries: Entry[];
}

/**
 * Writes entries and position as one item: after a reload, a position ahead of its entries would lose messages, and a
 * position before them would show messages twice. If a crash prevents a write, the server replays the messages.
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

/** Only this page writes the item, but an older version of the page may have written it. */
function read(text: string | null): Saved {
  try {
    const { position, entries } = JSON.parse(text ?? "{}") as Partial<Saved>;
    const isPosition = typeof position?.epoch === "string" && typeof position.offset === "number";
    if (isPosition && Array.isArray(entries)) return { position, entries };
  } catch {
    // Not JSON: start with an empty history
  }
  return { position: undefined, entries: [] };
}
