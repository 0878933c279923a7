const DIGITS = 9;
const RADIX = 36;

/**
 * The name of an epoch that begins now: milliseconds in base 36, so that epochs sort by time as strings, and
 * always after the previous one, whatever the clocks say.
 */
export function nextEpoch(nowMs: number, previous: string | undefined): string {
  const begun = previous === undefined ? 0 : Number.parseInt(previous, RADIX) + 1;
  return Math.max(nowMs, begun).toString(RADIX).padStart(DIGITS, "0");
}

/** Epochs of this form only: they go into keys, where `#` would divide. */
export const isEpoch = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-z]{9}$/.test(value);
