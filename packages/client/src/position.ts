import type { Position } from "./topic-event.ts";

/** Returns a number below 0 if `one` is before `other`, 0 if they are equal, above 0 if `one` is after `other`. */
export function comparePositions(one: Position, other: Position): number {
  if (one.epoch !== other.epoch) return one.epoch < other.epoch ? -1 : 1;
  return one.offset - other.offset;
}

export const laterOf = (one: Position | undefined, other: Position): Position =>
  one && comparePositions(one, other) >= 0 ? one : other;

/** Returns the position `by` offsets later, without the other fields of the argument. */
export const moved = ({ epoch, offset }: Position, by: number): Position => ({ epoch, offset: offset + by });

export const show = ({ epoch, offset }: Position): string => `${epoch}/${offset}`;
