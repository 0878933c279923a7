import { expect, it } from "vitest";
import { median, quantile, rounded, showSpread, spreadOf } from "./statistics.ts";

it("a spread is the middle and the ends, whatever the order", () => {
  expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(median([100, 9])).toBe(54.5);
});

it("measuring leaves the order of the values alone", () => {
  const values = [3, 1, 2];
  spreadOf(values);
  expect(values).toEqual([3, 1, 2]);
});

it("a quantile lies between the two nearest ranks", () => {
  const sorted = [0, 10, 20, 30, 40];
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile(sorted, share))).toEqual([0, 10, 20, 36, 40]);
  expect(quantile([], 0.5)).toBeNaN();
});

it("numbers are shown to so many digits", () => {
  expect(rounded(1.2345, 2)).toBe(1.23);
  expect(showSpread({ median: 12.34, min: 11, max: 13.96 }, 1)).toBe("12.3 (11.0–14.0)");
});
