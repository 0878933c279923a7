import { errorMessage } from "../error-message.ts";
import { DEAD_LETTER_HOLD_MS } from "../limits.ts";
import type { Observe } from "../pipeline-events.ts";
import type { Clock } from "../ports.ts";
import type { DeadLetters, HeldLetter, LetterReceipt } from "./port.ts";

/**
 * This library's choice: how long the reader holds letters that it sees a second time. It sees them again if the queue
 * has more letters than it can read within one hold.
 */
const DEAD_LETTER_HOLD_AGAIN_MS = 300_000;

/** Our own limits: how often a letter's hold is changed if that fails, and the pause before the second try. */
const HOLD_TRIES = 5;
const HOLD_PAUSE_MS = 200;

/** Reads through the dead letters once, and returns each of them once. */
export interface LetterReader {
  /** Returns some letters that it has not returned before, or an empty array if a whole pass found no new one. */
  next(): Promise<HeldLetter[]>;
  /** Forgets letters that are gone from the queue. The reader need not remember them or give them back. */
  forget(letters: readonly LetterReceipt[]): void;
  /** Gives back the letters that it holds. Never throws. */
  close(): Promise<void>;
}

/**
 * A queue cannot be paged: a letter that is given back may be received next. So the reader holds the letters that it
 * has seen, for as long as the queue holds them for a reader. After that it recognizes them by their ids.
 * Only the set of ids grows with the queue.
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
  /** In the order in which the letters were received, so that those whose hold has ended come first. */
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

  /**
   * Tries what fails again: a letter that is not given back is hidden from everybody for up to five minutes. In the end it
   * only reports the failure, because the queue then shows the letter by itself.
   */
  async function hold(letters: readonly LetterReceipt[], holdMs: number): Promise<void> {
    let left = letters;
    for (let tries = 1; ; tries++) {
      const trying = left;
      const failures = await deadLetters
        .hold(trying, holdMs)
        .catch((error: unknown) => trying.map(({ id }) => ({ id, reason: errorMessage(error) })));
      const failed = new Set(failures.map(({ id }) => id));
      left = left.filter(({ id }) => failed.has(id));
      const [first] = failures;
      if (!first) return;
      if (tries === HOLD_TRIES) {
        const error = new Error(`${failures.length} dead letters: ${first.reason}`);
        observe({ event: "background-failure", stage: "hold-dead-letters", error });
        return;
      }
      await clock.sleep(HOLD_PAUSE_MS * 2 ** (tries - 1));
    }
  }

  return {
    async next() {
      for (let knownInARow = 0; knownInARow <= seen.size; ) {
        const letters = await deadLetters.receive();
        const fresh = letters.filter(({ id }) => !seen.has(id));
        const known = letters.filter(({ id }) => seen.has(id));
        remember(fresh, DEAD_LETTER_HOLD_MS);
        // Otherwise the queue would return the same letters again and again, and never the others
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
