import type { DeadLetterReason } from "../ports.ts";

/**
 * The fan-out's dead letters, for the tools that list and redrive them. A letter is received at least once, in any
 * order. Other readers may read at the same time.
 */
export interface DeadLetters {
  /**
   * Returns up to ten letters. MUST hide them from other readers for `DEAD_LETTER_HOLD_MS`, and MUST show them again
   * after that, even if this reader has died. MUST return an empty array only if no letter is visible.
   */
  receive(): Promise<HeldLetter[]>;
  /**
   * MUST hide the letters for `holdMs` from now on. With 0, MUST show them at once. MUST return the letters for which it
   * could not, and why, and MUST have tried all others. Letters that are no longer held are no failure.
   */
  hold(letters: readonly LetterReceipt[], holdMs: number): Promise<LetterFailure[]>;
  /**
   * MUST return the letters that it could not remove, and why, and MUST have tried all others. Letters that are already
   * gone are no failure.
   */
  remove(letters: readonly LetterReceipt[]): Promise<LetterFailure[]>;
  /** Returns about how many letters are visible, and how many are held by a reader. */
  count(): Promise<DeadLetterCount>;
}

export interface LetterReceipt {
  /** The same each time that the letter is received. */
  id: string;
  /** Valid for this receive only. */
  receipt: string;
}

export interface LetterFailure {
  id: string;
  reason: string;
}

export interface HeldLetter extends LetterReceipt {
  body: string;
  /** Milliseconds since 1970, by the queue's clock. Absent if the queue gives no time. */
  sentAt?: number;
  /** How often it was received, before and after it became a dead letter, this time included. */
  receiveCount: number;
  /** Absent if the queue's redrive policy moved it, or if somebody put it there by hand. */
  reason?: DeadLetterReason;
}

export interface DeadLetterCount {
  visible: number;
  held: number;
}
