/** The counts of the letters that a redrive read. `found` is the sum of the next seven fields. */
export interface RedriveResult {
  found: number;
  /** Sent to the fan-out queue, and removed. */
  redriven: number;
  /** Removed, because none of the letter's consumers is still subscribed. */
  unsubscribed: number;
  /** The filter returned false. Left in the queue. */
  skipped: number;
  /** This run redrove the letter, and it failed and came back, so its cause still exists. Left in the queue. */
  returned: number;
  /** The letter cannot be decoded. Left in the queue. */
  malformed: number;
  /** The events are no longer in the log, and the letter does not contain them. Left in the queue. */
  expired: number;
  /** Left in the queue, to be redriven again. Redriving a letter twice is harmless. `reasons` says why it failed. */
  failed: number;
  /** Consumers that the redriven letters name. */
  consumers: number;
  /** Consumers that were not redriven, because they are no longer subscribed. */
  dropped: number;
  /** Up to five different reasons for failed letters. */
  reasons: string[];
}

/** The result for one letter. */
export type Fate =
  | { fate: "skipped" | "returned" | "malformed" | "expired" }
  | { fate: "redriven" | "unsubscribed"; consumers: number; dropped: number }
  | { fate: "failed"; reason: string };

const REASONS_MAX = 5;

export const emptyResult = (): RedriveResult => ({
  found: 0,
  redriven: 0,
  unsubscribed: 0,
  skipped: 0,
  returned: 0,
  malformed: 0,
  expired: 0,
  failed: 0,
  consumers: 0,
  dropped: 0,
  reasons: [],
});

export function count(result: RedriveResult, fate: Fate): void {
  result.found += 1;
  result[fate.fate] += 1;
  if ("dropped" in fate) {
    result.consumers += fate.consumers;
    result.dropped += fate.dropped;
  }
  if (!("reason" in fate)) return;
  const { reasons } = result;
  if (reasons.length < REASONS_MAX && !reasons.includes(fate.reason)) reasons.push(fate.reason);
}
