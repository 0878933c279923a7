import { expect, it } from "vitest";
import { median, quantile, rounded, showSpread, toSpread } from "./statistics.ts";

it("toSpread returns median, minimum and maximum of values in any order", () => {
  expect(toSpread([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  expect(toSpread([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(median([100, 9])).toBe(54.5);
});

it("toSpread does not reorder its input", () => {
  const values = [3, 1, 2];
  toSpread(values);
  expect(values).toEqual([3, 1, 2]);
});

it("quantile interpolates between the two nearest ranks", () => {
  const sorted = [0, 10, 20, 30, 40];
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile(sorted, share))).toEqual([0, 10, 20, 36, 40]);
  expect(quantile([], 0.5)).toBeNaN();
});

it("rounded and showSpread round to the given number of digits", () => {
  expect(rounded(1.2345, 2)).toBe(1.23);
  expect(showSpread({ median: 12.34, min: 11, max: 13.96 }, 1)).toBe("12.3 (11.0–14.0)");
});
