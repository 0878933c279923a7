import type { EpochRecord, LogTail } from "../ports.ts";
import { nextEpoch } from "./epoch.ts";
import type { LogSettings } from "./log-settings.ts";

/** Where the next event of a topic goes. */
export interface Place {
  epoch: string;
  offset: number;
  /** The new event must not expire before the previous one. Otherwise the log would lose its end first. */
  minExpiresAtSeconds: number;
  /** How many bytes of data the epoch has before the next event. Absent if that is not known, or none. */
  bytesSoFar?: number;
  opening?: { replaces: EpochRecord | undefined };
}

/**
 * An epoch ends at most this long before its last event expires. After that, clocks may disagree on whether the event has
 * expired, and DynamoDB may have deleted it. Then the log would no longer know its last offset.
 */
const EXPIRY_GUARD_SECONDS_MAX = 60;

/**
 * If the last event lives longer than this, its epoch is not over by the clock of any process. It is twice the time before
 * expiry at which an epoch ends, so that a process with a slow clock sees an epoch that another one opened.
 */
export const NEAR_EXPIRY_SECONDS: number = 2 * EXPIRY_GUARD_SECONDS_MAX;

export const expiryGuardSeconds = ({ retentionSeconds }: LogSettings): number =>
  Math.min(EXPIRY_GUARD_SECONDS_MAX, retentionSeconds / 10);

export function placeAfter(tail: LogTail, nowMs: number, settings: LogSettings): Place {
  const { last, record } = tail;
  const guardSeconds = expiryGuardSeconds(settings);
  const leftSeconds = (last?.expiresAtSeconds ?? 0) - nowMs / 1_000;
  // An epoch is over when a newer one was opened, even for a process whose clock is slow
  const isOver = record !== undefined && last !== undefined && record.epoch > last.epoch;
  if (last && !isOver && leftSeconds > guardSeconds) {
    const { epoch, expiresAtSeconds: minExpiresAtSeconds, bytesSoFar } = last;
    const known = bytesSoFar === undefined ? {} : { bytesSoFar };
    const place = { epoch, offset: last.offset + 1, minExpiresAtSeconds, ...known };
    // By another process's clock the epoch may be over. Both write the record, and the second must read again
    return leftSeconds > 2 * guardSeconds ? place : { ...place, opening: { replaces: record } };
  }
  const opening = { replaces: record };
  // A subscriber opened this epoch, and nothing was published since. So the next event gets offset 1
  if (record && !record.used && record.epoch > (last?.epoch ?? "")) {
    return { epoch: record.epoch, offset: 1, minExpiresAtSeconds: 0, opening };
  }
  const previous = [record?.epoch, last?.epoch]
    .filter((epoch) => epoch !== undefined)
    .sort()
    .at(-1);
  return { epoch: nextEpoch(nowMs, previous), offset: 1, minExpiresAtSeconds: 0, opening };
}
