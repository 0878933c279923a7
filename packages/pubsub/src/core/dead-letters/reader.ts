import { DEAD_LETTER_HOLD_MS } from "../limits.ts";
import type { Observe } from "../pipeline-events.ts";
import type { Clock } from "../ports.ts";
import type { DeadLetters, HeldLetter, LetterReceipt } from "./port.ts";

/** Ours: how long it keeps those that it sees a second time: there are more than it can read within a hold. */
const DEAD_LETTER_HOLD_AGAIN_MS = 300_000;

/** Goes through the dead letters once, each of them once. */
export interface LetterReader {
  /** Some that it has not answered before; none when a whole pass brought nothing new. */
  next(): Promise<HeldLetter[]>;
  /** These are gone from the queue: they need neither be remembered nor given back. */
  forget(letters: readonly LetterReceipt[]): void;
  /** Gives back what it holds. Never throws. */
  close(): Promise<void>;
}

/**
 * A queue can't be paged: what is given back may be the next to be received. So what was seen is held, for as long as
 * the queue holds it for a reader, and known again by its id after that.
 * Ids are all that grows with the queue.
 */
export function createLetterReader({
  deadLetters,
  clock,
  observe,
}: {
  deadLetters: DeadLetters;
  clock: Clock;
  observe: Observe;
}): LetterReader {
  const seen = new Set<string>();
  /** In the order in which they were received, so that those whose time is up come first. */
  const held = new Map<string, { receipt: string; untilMs: number }>();

  function remember(letters: readonly LetterReceipt[], holdMs: number): void {
    const nowMs = clock.now();
    for (const [id, { untilMs }] of held) {
      if (untilMs > nowMs) break;
      held.delete(id);
    }
    for (const { id, receipt } of letters) {
      held.delete(id);
      held.set(id, { receipt, untilMs: nowMs + holdMs });
    }
  }

  /** Whatever fails to be held, or given back, comes back by itself. */
  const hold = (letters: readonly LetterReceipt[], holdMs: number): Promise<void> =>
    deadLetters.hold(letters, holdMs).catch((error: unknown) => {
      observe({ event: "background-failure", stage: "hold-dead-letters", error });
    });

  return {
    async next() {
      for (let knownInARow = 0; knownInARow <= seen.size; ) {
        const letters = await deadLetters.receive();
        const fresh = letters.filter(({ id }) => !seen.has(id));
        const known = letters.filter(({ id }) => seen.has(id));
        remember(fresh, DEAD_LETTER_HOLD_MS);
        // Or the same ones would come again and again, and the others never
        if (known.length > 0) await hold(known, DEAD_LETTER_HOLD_AGAIN_MS);
        remember(known, DEAD_LETTER_HOLD_AGAIN_MS);
        for (const { id } of fresh) seen.add(id);
        if (letters.length === 0 || fresh.length > 0) return fresh;
        knownInARow += letters.length;
      }
      return [];
    },
    forget(letters) {
      for (const { id } of letters) {
        seen.delete(id);
        held.delete(id);
      }
    },
    async close() {
      const letters = [...held].map(([id, { receipt }]) => ({ id, receipt }));
      held.clear();
      await hold(letters, 0);
    },
  };
}
