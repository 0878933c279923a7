import type { DeadLetterReason } from "../ports.ts";

/**
 * The fan-out's dead letters, for whoever looks after them. At least once, in any order, and somebody else may be
 * looking too.
 */
export interface DeadLetters {
  /**
   * Up to ten. MUST keep them from other readers for `DEAD_LETTER_HOLD_MS`, and MUST show them again after that,
   * whatever became of this one. MUST answer none only if there is none that nobody holds.
   */
  receive(): Promise<HeldLetter[]>;
  /**
   * MUST keep them for so long from now on; with 0, MUST show them at once. MUST NOT fail for those that are not held
   * any more.
   */
  hold(letters: readonly LetterReceipt[], holdMs: number): Promise<void>;
  /** MUST answer which of them are still there, and why; MUST NOT fail for those that are gone already. */
  remove(letters: readonly LetterReceipt[]): Promise<{ id: string; reason: string }[]>;
  /** About how many there are that nobody holds, and that somebody does. */
  count(): Promise<DeadLetterCount>;
}

export interface LetterReceipt {
  /** The same whenever the letter is received. */
  id: string;
  /** Of this receiving. */
  receipt: string;
}

export interface HeldLetter extends LetterReceipt {
  body: string;
  /** Milliseconds since 1970, by the queue's clock. Absent where the queue gives no time. */
  sentAt?: number;
  /** How often it was received, before it was a dead letter and since, this time included. */
  receiveCount: number;
  /** Absent: the queue moved it by itself, or somebody put it there by hand. */
  reason?: DeadLetterReason;
}

export interface DeadLetterCount {
  visible: number;
  held: number;
}
