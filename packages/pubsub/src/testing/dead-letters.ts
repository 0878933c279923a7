import type { DeadLetters, HeldLetter, LetterReceipt } from "../core/dead-letters/port.ts";
import { DEAD_LETTER_HOLD_MS } from "../core/limits.ts";
import type { Clock, DeadLetterReason } from "../core/ports.ts";

interface Entry extends Omit<HeldLetter, "receipt"> {
  receipt: string;
  visibleAtMs: number;
}

export interface MemoryDeadLetters extends DeadLetters {
  put(body: string, reason?: DeadLetterReason): void;
  /** All letters, whether a reader holds them or not. */
  readonly all: readonly { id: string; body: string; reason?: DeadLetterReason }[];
}

const LETTERS_MAX = 10;

/** `random` decides which of the visible letters come first. */
export function createMemoryDeadLetters(clock: Pick<Clock, "now" | "random">): MemoryDeadLetters {
  const entries = new Map<string, Entry>();
  let sequence = 0;
  const isHeld = ({ visibleAtMs }: Entry): boolean => visibleAtMs > clock.now();
  const isHolder = ({ id, receipt }: LetterReceipt): boolean => entries.get(id)?.receipt === receipt;
  return {
    put(body, reason) {
      const id = `letter-${sequence++}`;
      const entry = { id, receipt: "", body, sentAt: clock.now(), receiveCount: 0, visibleAtMs: 0 };
      entries.set(id, { ...entry, ...(reason && { reason }) });
    },
    get all() {
      return [...entries.values()];
    },
    async receive() {
      const visible = [...entries.values()].filter((entry) => !isHeld(entry));
      const drawn = visible.map((entry) => ({ entry, at: clock.random() })).sort((a, b) => a.at - b.at);
      return drawn.slice(0, LETTERS_MAX).map(({ entry }) => {
        entry.visibleAtMs = clock.now() + DEAD_LETTER_HOLD_MS;
        entry.receiveCount += 1;
        entry.receipt = `${entry.id} ${entry.receiveCount}`;
        const { visibleAtMs: _, ...letter } = entry;
        return letter;
      });
    },
    async hold(letters, holdMs) {
      for (const letter of letters.filter(isHolder)) {
        const entry = entries.get(letter.id);
        if (entry) entry.visibleAtMs = holdMs > 0 ? clock.now() + holdMs : 0;
      }
      return [];
    },
    async remove(letters) {
      for (const { id } of letters) entries.delete(id);
      return [];
    },
    async count() {
      const held = [...entries.values()].filter(isHeld).length;
      return { visible: entries.size - held, held };
    },
  };
}
