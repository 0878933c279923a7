import type { EpochRecord, LogTail } from "../ports.ts";
import { nextEpoch } from "./epoch.ts";
import type { LogSettings } from "./log-settings.ts";

/** Where the next event of a topic goes. */
export interface Place {
  epoch: string;
  offset: number;
  /** The new event must live at least as long as the one before it, or the log would lose its end first. */
  minExpiresAtSeconds: number;
  opening?: { replaces: EpochRecord | undefined };
}

/**
 * An epoch ends when its last event is about to expire: from then on clocks may disagree on whether it still
 * stands, and DynamoDB may have deleted it, and with it the memory of its offset.
 */
const EXPIRY_GUARD_SECONDS_MAX = 60;

export const expiryGuardSeconds = ({ retentionSeconds }: LogSettings): number =>
  Math.min(EXPIRY_GUARD_SECONDS_MAX, retentionSeconds / 10);

export function placeAfter(tail: LogTail, nowMs: number, settings: LogSettings): Place {
  const { last, record } = tail;
  const guardSeconds = expiryGuardSeconds(settings);
  const leftSeconds = (last?.expiresAtSeconds ?? 0) - nowMs / 1_000;
  // Once a newer epoch was opened the one before it is over, even for a process whose clock is behind
  const isOver = record !== undefined && last !== undefined && record.epoch > last.epoch;
  if (last && !isOver && leftSeconds > guardSeconds) {
    const { epoch, expiresAtSeconds: minExpiresAtSeconds } = last;
    const place = { epoch, offset: last.offset + 1, minExpiresAtSeconds };
    // By another clock it may be over now: writing the record anew, whoever is second of the two reads again
    return leftSeconds > 2 * guardSeconds ? place : { ...place, opening: { replaces: record } };
  }
  const opening = { replaces: record };
  // Opened by a subscriber, and nothing was published since: offset 1 is still to come
  if (record && !record.used && record.epoch > (last?.epoch ?? "")) {
    return { epoch: record.epoch, offset: 1, minExpiresAtSeconds: 0, opening };
  }
  const previous = [record?.epoch, last?.epoch]
    .filter((epoch) => epoch !== undefined)
    .sort()
    .at(-1);
  return { epoch: nextEpoch(nowMs, previous), offset: 1, minExpiresAtSeconds: 0, opening };
}
