/** How many units AWS meters for so many bytes: every started one, and at least one. */
export function startedUnits(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}
