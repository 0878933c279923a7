import type { Position } from "./types.ts";

/** Below, at or above 0, as the first is before, at or behind the second. */
export function comparePositions(one: Position, other: Position): number {
  if (one.epoch !== other.epoch) return one.epoch < other.epoch ? -1 : 1;
  return one.offset - other.offset;
}

export const laterOf = (one: Position | undefined, other: Position): Position =>
  one && comparePositions(one, other) >= 0 ? one : other;

/** The position so many offsets on, and nothing else that the argument may carry. */
export const moved = ({ epoch, offset }: Position, by: number): Position => ({ epoch, offset: offset + by });

export const show = ({ epoch, offset }: Position): string => `${epoch}/${offset}`;
