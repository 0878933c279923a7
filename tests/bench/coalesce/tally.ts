import type { Heard } from "./orders.ts";

/** What one listener got: the events of each frame, in the order of their coming. */
export interface Tally {
  received(frame: readonly ReceivedEvent[]): void;
  /** How many different events. */
  readonly distinct: number;
  heard(offsets: readonly (number | undefined)[]): Heard;
  /** Of each frame, which publishes it brought, in its order. */
  frames(): readonly (readonly number[])[];
}

export interface ReceivedEvent {
  /** Its place among the publishes of the run; undefined: its content is not what was published. */
  sequence: number | undefined;
  /** Where the frame says it stands in the log. */
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

/** A publish that was rejected may still have reached the log: its event is no wrong one. */
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
 * Events that came together to a listener of the event format, and to this one after a later one of them: what is
 * shared must not change the order in which the rest get it.
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

/** Of all listeners of a format together. */
export function sumOf(each: readonly Heard[]): Heard {
  const sum = (of: (heard: Heard) => number): number => each.reduce((total, heard) => total + of(heard), 0);
  return {
    frames: sum(({ frames }) => frames),
    events: sum(({ events }) => events),
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    wrong: sum(({ wrong }) => wrong),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
  };
}
