/** Converts values to coordinates along an axis. */
export interface Scale {
  place(value: number): number;
  ticks: readonly number[];
}

/** Creates a logarithmic scale with a tick per power of ten. Values must be above 0. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const decades = Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index));
  return {
    place: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from),
    ticks: decades,
  };
}

const TICKS_WANTED = 6;

/** Creates a linear scale that starts at 0 and has ticks at round numbers. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  const step = roundStep(Math.max(...values, Number.MIN_VALUE) / TICKS_WANTED);
  const count = Math.max(1, Math.ceil(Math.max(...values) / step - 1e-9));
  return {
    place: (value) => from + (value / (count * step)) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

/** Returns the smallest step that is at least `least` and is 1, 2 or 5 times a power of ten. */
function roundStep(least: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * magnitude >= least * (1 - 1e-9)) ?? 10;
  return factor * magnitude;
}

/** Formats a tick's value, for example `1,000` or `0.01`. */
export const tickLabel = (value: number): string =>
  value.toLocaleString("en-US", { maximumSignificantDigits: 6, useGrouping: true });
