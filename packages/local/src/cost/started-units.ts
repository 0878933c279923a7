/** Returns the units that AWS meters for a number of bytes. Every started unit counts, and at least one. */
export function startedUnits(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}
