/** What became of the letters that a redrive looked at: `found` is the sum of the next seven. */
export interface RedriveResult {
  found: number;
  /** Sent to the fan-out queue, and removed. */
  redriven: number;
  /** Removed: none of its consumers is subscribed any more. */
  unsubscribed: number;
  /** The filter said no. */
  skipped: number;
  /** Came back dead from a redrive of this very run: what had it fail lasts. Left there. */
  returned: number;
  /** Nobody can read it. Left there. */
  malformed: number;
  /** Its events are not in the log any more, and did not travel with it. Left there. */
  expired: number;
  /** Left there, to be redriven again: once more does no harm. `reasons` says why. */
  failed: number;
  /** Consumers that the redriven letters name. */
  consumers: number;
  /** Consumers that are not subscribed any more, and so were not redriven. */
  dropped: number;
  /** Up to five different ones. */
  reasons: string[];
}

/** One letter's fate, as far as it is decided. */
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
