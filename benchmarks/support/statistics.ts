/** Median, minimum and maximum of several measurements. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export const median = (values: readonly number[]): number => toSpread(values).median;

/** Returns a quantile of ascending values, by linear interpolation between the two nearest ranks. */
export function quantile(sorted: readonly number[], share: number): number {
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Rounds to a number of decimal places. */
export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));

/** Formats a spread, for example `12.3 (11.9–13.0)`. */
export const showSpread = ({ median, min, max }: Spread, digits = 0): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
