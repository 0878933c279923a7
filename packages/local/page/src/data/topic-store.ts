import type { EventHead } from "../../../src/inspector/wire.ts";

/** What the page knows of a topic. */
export interface TopicRow {
  topicId: string;
  /** Events since the page was opened. */
  events: number;
  /** Events of each of the last seconds, by the second's number modulo `SECONDS`. */
  perSecond: Uint32Array;
  /** The second to which `perSecond` is valid. */
  second: number;
  last?: EventHead;
  subscribers?: { count: number; capped: boolean };
}

export const SECONDS = 60;
const RATE_SECONDS = 10;
export const RECENT_MAX = 200;
/** Topics beyond are counted and not kept: a page for every user would fill the tab's memory. */
export const TOPICS_MAX = 2_000;

/**
 * Holds the topics and the last events. Adding an event takes the same few steps however many there are, and no rendering:
 * the views draw the store a few times a second.
 */
export interface TopicStore {
  add(events: readonly EventHead[], nowMs: number): void;
  /** Adds a topic without events. */
  know(topicId: string): void;
  topics: ReadonlyMap<string, TopicRow>;
  /** The newest first. */
  recent(): readonly EventHead[];
  total(): number;
}

export function createTopicStore(): TopicStore {
  const topics = new Map<string, TopicRow>();
  const ring: EventHead[] = [];
  let next = 0;
  let total = 0;

  function know(topicId: string): TopicRow | undefined {
    const known = topics.get(topicId);
    if (known || topics.size >= TOPICS_MAX) return known;
    const row: TopicRow = { topicId, events: 0, perSecond: new Uint32Array(SECONDS), second: 0 };
    topics.set(topicId, row);
    return row;
  }

  return {
    topics,
    know: (topicId) => void know(topicId),
    add(events, nowMs) {
      const second = Math.floor(nowMs / 1_000);
      for (const event of events) {
        total += 1;
        ring[next] = event;
        next = (next + 1) % RECENT_MAX;
        const row = know(event.topicId);
        if (!row) continue;
        // Events that were there before the page was opened say nothing about the rate
        const age = second - Math.floor(event.publishedAt / 1_000);
        const at = age >= 0 && age < SECONDS ? second - age : second;
        passTo(row, second);
        if (age < SECONDS) row.perSecond[at % SECONDS] = (row.perSecond[at % SECONDS] ?? 0) + 1;
        row.events += 1;
        row.last = event;
      }
    },
    recent: () => [...ring.slice(next), ...ring.slice(0, next)].reverse(),
    total: () => total,
  };
}

/** Empties the seconds that have passed without an event. */
function passTo(row: TopicRow, second: number): void {
  const passed = Math.min(SECONDS, second - row.second);
  for (let ago = 0; ago < passed; ago++) row.perSecond[(second - ago) % SECONDS] = 0;
  row.second = Math.max(row.second, second);
}

/** Returns the events of each of the last seconds, the oldest first. */
export function history(row: TopicRow, nowMs: number): number[] {
  const second = Math.floor(nowMs / 1_000);
  passTo(row, second);
  return Array.from({ length: SECONDS }, (_, index) => row.perSecond[(second + 1 + index) % SECONDS] ?? 0);
}

/** Returns the events a second over the last ten seconds. Allocates nothing, because it is computed for every topic. */
export function rateOf(row: TopicRow, nowMs: number): number {
  const second = Math.floor(nowMs / 1_000);
  passTo(row, second);
  let sum = 0;
  for (let ago = 0; ago < RATE_SECONDS; ago++) sum += row.perSecond[(second - ago) % SECONDS] ?? 0;
  return sum / RATE_SECONDS;
}
