import type { Heard } from "./orders.ts";

/** What one listener got: the events of each frame, in order of arrival. */
export interface Tally {
  received(frame: readonly ReceivedEvent[]): void;
  /** Number of distinct events. */
  readonly distinct: number;
  heard(offsets: readonly (number | undefined)[]): Heard;
  /** The sequence numbers of the events in each frame, in order. */
  frames(): readonly (readonly number[])[];
}

export interface ReceivedEvent {
  /** The sequence number of its publish in the run. Undefined if no publish of the run has this content. */
  sequence: number | undefined;
  /** Its offset according to the frame. */
  offset?: number;
}

export function createTally(): Tally {
  const frames: (readonly ReceivedEvent[])[] = [];
  const seen = new Set<number>();
  return {
    received(frame) {
      frames.push(frame);
      for (const { sequence } of frame) if (sequence !== undefined) seen.add(sequence);
    },
    get distinct() {
      return seen.size;
    },
    frames: () => frames.map((frame) => frame.flatMap(({ sequence }) => sequence ?? [])),
    heard(offsets) {
      const events = frames.flat();
      const published = offsets.flatMap((offset, sequence) => (offset === undefined ? [] : [sequence]));
      const wrong = events.filter((event) => isWrong(event, offsets)).length;
      return {
        frames: frames.length,
        events: events.length,
        lost: published.filter((sequence) => !seen.has(sequence)).length,
        duplicates: events.filter(({ sequence }) => sequence !== undefined).length - seen.size,
        wrong,
        outOfOrder: countOutOfOrder(frames, offsets),
      };
    },
  };
}

/** A rejected publish can still have reached the log. Its event is therefore not wrong. */
function isWrong({ sequence, offset }: ReceivedEvent, offsets: readonly (number | undefined)[]): boolean {
  if (sequence === undefined || sequence >= offsets.length) return true;
  const published = offsets[sequence];
  return offset !== undefined && published !== undefined && offset !== published;
}

function countOutOfOrder(
  frames: readonly (readonly ReceivedEvent[])[],
  offsets: readonly (number | undefined)[],
): number {
  let highest = 0;
  let count = 0;
  for (const frame of frames) {
    const places = frame.flatMap(({ sequence = -1 }) => offsets[sequence] ?? []);
    if ((places[0] ?? highest) < highest) count += 1;
    highest = Math.max(highest, ...places);
  }
  return count;
}

/**
 * Counts the events that shared a frame in the event format, but arrived at this listener after a later event of that
 * frame. Sharing must not change the order in which other listeners get the events.
 */
export function countReordered(
  { frames }: Pick<Tally, "frames">,
  together: readonly (readonly number[])[],
): number {
  const places = new Map(
    frames()
      .flat()
      .map((sequence, place) => [sequence, place]),
  );
  let count = 0;
  for (const group of together) {
    let latest = -1;
    for (const sequence of group) {
      const place = places.get(sequence) ?? Number.POSITIVE_INFINITY;
      if (place < latest) count += 1;
      latest = Math.max(latest, Number.isFinite(place) ? place : latest);
    }
  }
  return count;
}

/** Adds up the counts of all listeners of a format. */
export function sumHeard(each: readonly Heard[]): Heard {
  const sum = (count: (heard: Heard) => number): number =>
    each.reduce((total, heard) => total + count(heard), 0);
  return {
    frames: sum(({ frames }) => frames),
    events: sum(({ events }) => events),
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    wrong: sum(({ wrong }) => wrong),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
  };
}
