import { figure, percent } from "../../tests/support/markdown.ts";
import type { Figure } from "./raw-result.ts";
import type { Results } from "./results.ts";

/** The project's target for a figure. Most targets are relative to a baseline of the same run. */
export interface Target {
  what: string;
  wanted: string;
  measured: Measure;
  show: Show;
  holds(measured: number): boolean;
}

/** Returns undefined if the figure was not measured. */
export type Measure = (results: Results) => Figure | undefined;
export type Show = (value: number) => string;

export const times: Show = (value) => `${figure(value, 2)} ×`;
export const share: Show = (value) => percent(value);
export const fineShare: Show = (value) => percent(value, 2);
export const cents: Show = (value) => `$${figure(value, 2)}`;
export const millis: Show = (value) => `$${figure(value, 3)}`;
export const megabytes: Show = (value) => `${figure(value)} MB`;
export const duration: Show = (value) => `${figure(value, 1)} ms`;
export const mean: Show = (value) => figure(value, 1);
const count: Show = (value) => figure(value);

export const atMost = (most: number, show: Show, what: string, measured: Measure): Target => ({
  what,
  wanted: `≤ ${show(most)}`,
  measured,
  show,
  holds: (value) => value <= most,
});

export const atLeast = (least: number, show: Show, what: string, measured: Measure): Target => ({
  what,
  wanted: `≥ ${show(least)}`,
  measured,
  show,
  holds: (value) => value >= least,
});

export const zero = (what: string, measured: Measure): Target => ({
  what,
  wanted: count(0),
  measured,
  show: count,
  holds: (value) => value === 0,
});

export const yes = (what: string, measured: (results: Results) => boolean | undefined): Target => ({
  what,
  wanted: "yes",
  measured(results) {
    const value = measured(results);
    return value === undefined ? undefined : Number(value);
  },
  show: (value) => (value === 1 ? "yes" : "no"),
  holds: (value) => value === 1,
});

/** Combines two figures. Returns undefined unless both were measured. */
export function combine(
  left: Figure | undefined,
  right: Figure | undefined,
  compute: (left: number, right: number) => number,
): Figure | undefined {
  return typeof left === "number" && typeof right === "number" ? compute(left, right) : undefined;
}
