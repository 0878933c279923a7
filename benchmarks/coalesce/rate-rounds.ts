import type { RateMeasured } from "./measure-rate.ts";

/** The library's default, and a fan-out with one queue message per invocation. */
export const WAYS = ["coalescing", "oneByOne"] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  coalescing: "in batches",
  oneByOne: "one by one",
};

/** The figures of all rounds at one rate. */
export interface RateRounds extends Record<Way, RateMeasured[]> {
  publishesPerSecond: number;
}
