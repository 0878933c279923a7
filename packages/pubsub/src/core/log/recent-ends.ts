import { createBoundedMap } from "../bounded-map.ts";
import { CONNECTION_SECONDS_MAX } from "../limits.ts";
import type { LogTail, TopicLog } from "../ports.ts";
import type { Position } from "../types.ts";
import type { LogSettings } from "./log-settings.ts";
import { NEAR_EXPIRY_SECONDS } from "./place.ts";

/**
 * Our own limit: how long an end that was read serves other messages of this process. An event that is published within
 * this time and is lost is found with the client's next heartbeat, not with this one.
 */
const FRESH_MS = 1_000;

/** After this the end is read again as a whole: somebody may have restored the table to an earlier time. */
const READ_MS = 600_000;

const TOPICS_REMEMBERED_MAX = 10_000;

/** What a lagging read costs whose adapter does not say. */
const READ_UNITS_DEFAULT = 0.5;

/**
 * What this process knows of the ends of logs. An end from here may be a moment old: it can show that a client has
 * everything, and never that something is missing or gone.
 */
export interface RecentEnds {
  /** Returns the end, if it was read within the last second. */
  fresh(topicId: string, nowMs: number): Position | undefined;
  /** Whether this process has read the log's end itself, so that from now on only what follows it is read. */
  isRead(topicId: string, nowMs: number): boolean;
  /** Whether the position that a client stated was taken for the end, because no event followed it. */
  isStated(topicId: string): boolean;
  /**
   * Reads the end, with eventual consistency. Calls at the same time share one read. If the process has not read the
   * log's end and `stated` is given, only what follows `stated` is read: without such an event, `stated` is returned,
   * whatever the log's end is. Returns no position if the end is not clear, as when the epoch may be over.
   */
  look(topicId: string, request: LookRequest): Promise<Looked>;
  /** Takes what a strongly consistent read returned that began at this time. */
  note(topicId: string, tail: LogTail, nowMs: number, settings: LogSettings): void;
  /** This process has just appended: what it knows is not fresh any more. What follows it is read with the next look. */
  outdate(topicId: string): void;
}

export interface LookRequest {
  nowMs: number;
  settings: LogSettings;
  stated?: Position | undefined;
}

export interface Looked {
  position?: Position;
  /** How many read units this call cost: none if it shared the read of another. */
  readUnits: number;
}

interface Known {
  position: Position;
  /** When the read began that found nothing after it. */
  atMs: number;
  /** When the end itself was read. Absent if a client stated it. */
  readAtMs?: number | undefined;
  /** Until then the epoch is not over by the clock of any process. */
  untilMs: number;
}

/** Every process has one for each log. It is a cache: a process without it reads more. */
const byLog = new WeakMap<TopicLog, RecentEnds>();

export function recentEndsOf(log: TopicLog): RecentEnds {
  const known = byLog.get(log);
  if (known) return known;
  const ends = createRecentEnds(log);
  byLog.set(log, ends);
  return ends;
}

function createRecentEnds(log: TopicLog): RecentEnds {
  const ends = createBoundedMap<Known>(TOPICS_REMEMBERED_MAX);
  const underWay = new Map<string, { atMs: number; looked: Promise<Looked> }>();

  function aliveEnd(topicId: string, nowMs: number): Known | undefined {
    const known = ends.get(topicId);
    return known && nowMs < known.untilMs ? known : undefined;
  }

  /** Returns the end from which on this process knows the log, if it has read that itself. */
  function readEnd(topicId: string, nowMs: number): Known | undefined {
    const known = aliveEnd(topicId, nowMs);
    return known && isWithin(known.readAtMs, READ_MS, nowMs) ? known : undefined;
  }

  async function read(topicId: string, { nowMs, settings, stated }: LookRequest): Promise<Looked> {
    const known = readEnd(topicId, nowMs) ?? (stated && statedEnd(stated));
    // A topic without events has a small row as its end, which is read again
    const base = known && known.position.offset > 0 ? known : undefined;
    const tail = await log.tail(topicId, { mayLag: true, ...(base && { after: base.position }) });
    const nothingFollows = base && !tail.last && !tail.record;
    const end = nothingFollows ? { ...base, atMs: nowMs } : clearEnd(tail, nowMs, settings);
    remember(topicId, end);
    return { ...(end && { position: end.position }), readUnits: tail.readUnits ?? READ_UNITS_DEFAULT };
  }

  function remember(topicId: string, end: Known | undefined): void {
    if (end) ends.set(topicId, end);
    else ends.delete(topicId);
  }

  return {
    fresh(topicId, nowMs) {
      const known = aliveEnd(topicId, nowMs);
      return known && isWithin(known.atMs, FRESH_MS, nowMs) ? known.position : undefined;
    },
    isRead: (topicId, nowMs) => readEnd(topicId, nowMs) !== undefined,
    isStated(topicId) {
      const known = ends.get(topicId);
      return known !== undefined && known.readAtMs === undefined;
    },
    async look(topicId, request) {
      const { nowMs } = request;
      const other = underWay.get(topicId);
      // A read that hangs must not hold up those that come later
      if (other && isWithin(other.atMs, FRESH_MS, nowMs)) return { ...(await other.looked), readUnits: 0 };
      const mine = { atMs: nowMs, looked: read(topicId, request) };
      underWay.set(topicId, mine);
      try {
        return await mine.looked;
      } finally {
        if (underWay.get(topicId) === mine) underWay.delete(topicId);
      }
    },
    note(topicId, tail, nowMs, settings) {
      remember(topicId, clearEnd(tail, nowMs, settings));
    },
    outdate(topicId) {
      const known = ends.get(topicId);
      if (known) ends.set(topicId, { ...known, atMs: Number.NEGATIVE_INFINITY });
    },
  };
}

const statedEnd = (position: Position): Known => ({ position, atMs: 0, untilMs: Number.POSITIVE_INFINITY });

/** Whether this time is less than `ms` ago. A clock that was set back makes everything old. */
const isWithin = (atMs: number | undefined, ms: number, nowMs: number): boolean =>
  atMs !== undefined && nowMs >= atMs && nowMs - atMs < ms;

/** Returns the end that a tail shows, unless the epoch may be over, or its record has to be renewed soon. */
function clearEnd(
  { last, record }: LogTail,
  nowMs: number,
  { retentionSeconds }: LogSettings,
): Known | undefined {
  if (last) {
    const untilMs = (last.expiresAtSeconds - NEAR_EXPIRY_SECONDS) * 1_000;
    if (nowMs >= untilMs || (record && record.epoch > last.epoch)) return undefined;
    const position = { epoch: last.epoch, offset: last.offset };
    return { position, atMs: nowMs, readAtMs: nowMs, untilMs };
  }
  if (!record || record.used) return undefined;
  // As long as `findEnd` would not renew it
  const untilMs = (record.expiresAtSeconds - CONNECTION_SECONDS_MAX - retentionSeconds) * 1_000;
  if (nowMs >= untilMs) return undefined;
  return { position: { epoch: record.epoch, offset: 0 }, atMs: nowMs, readAtMs: nowMs, untilMs };
}
