const DIGITS = 9;
const RADIX = 36;

/**
 * Names an epoch that begins now: milliseconds in base 36, so that epochs sort by time as strings. The name always
 * sorts after the previous one, even if the clocks disagree.
 */
export function nextEpoch(nowMs: number, previous: string | undefined): string {
  const begun = previous === undefined ? 0 : Number.parseInt(previous, RADIX) + 1;
  return Math.max(nowMs, begun).toString(RADIX).padStart(DIGITS, "0");
}

/** Accepts only this form, because an epoch goes into keys, where `#` is the separator. */
export const isEpoch = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-z]{9}$/.test(value);
