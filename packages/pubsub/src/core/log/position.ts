import { PubsubError } from "../errors.ts";
import { CONNECTION_SECONDS_MAX } from "../limits.ts";
import type { Clock, TopicLog } from "../ports.ts";
import type { Position } from "../types.ts";
import type { LogSettings } from "./log-settings.ts";
import { placeAfter } from "./place.ts";
import { recentEndsOf } from "./recent-ends.ts";

const TRIES = 10;

/** The end of a topic's log. */
export interface LogEnd {
  position: Position;
  /** As in `StoredEvent`, of the last event. Absent if it is not known. */
  bytesSoFar?: number;
  /** How many read units it cost to find out. */
  readUnits: number;
}

/** What a read costs whose adapter does not say. */
const READ_UNITS_DEFAULT = 1;

/**
 * Returns the topic's current position. For a topic without events, it records an epoch that has no event yet. So
 * "nothing yet" is a position too, and a subscriber that starts there misses no later event.
 */
export async function currentPosition(
  ports: { log: TopicLog; clock: Clock },
  topicId: string,
  settings: LogSettings,
): Promise<Position> {
  return (await findEnd(ports, topicId, settings)).position;
}

/** Returns the topic's current position as `currentPosition` does, with what a recovery needs to know of it. */
export async function findEnd(
  { log, clock }: { log: TopicLog; clock: Clock },
  topicId: string,
  settings: LogSettings,
): Promise<LogEnd> {
  const { retentionSeconds } = settings;
  let readUnits = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const now = clock.now();
    const tail = await log.tail(topicId);
    readUnits += tail.readUnits ?? READ_UNITS_DEFAULT;
    recentEndsOf(log).note(topicId, tail, now, settings);
    const place = placeAfter(tail, now, settings);
    const position = { epoch: place.epoch, offset: place.offset - 1 };
    const bytesSoFar = place.offset > 1 ? tail.last?.bytesSoFar : 0;
    const end = { position, readUnits, ...(bytesSoFar !== undefined && { bytesSoFar }) };
    if (!place.opening || place.offset > 1) return end;
    const { replaces } = place.opening;
    // The record must outlast every connection that got this position, and then the log's retention
    const expiresAtSeconds = Math.ceil(now / 1_000) + CONNECTION_SECONDS_MAX + 2 * retentionSeconds;
    const current = replaces?.epoch === place.epoch;
    if (current && replaces.expiresAtSeconds > expiresAtSeconds - retentionSeconds) return end;
    const epoch = { epoch: place.epoch, used: false, expiresAtSeconds };
    if (await log.openEpoch({ topicId, epoch, replaces })) return end;
    await clock.sleep(clock.random() * 10 * 2 ** attempt);
  }
  throw new PubsubError("APPEND_CONTENDED", `the log of the topic changed ${TRIES} times while it was read`, {
    retryable: true,
    context: { topicId },
  });
}
