import type { RateMeasured } from "./measure-rate.ts";

/** As the library does it, and the fan-out given one queue message at a time. */
export const WAYS = ["coalescing", "oneByOne"] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  coalescing: "in batches",
  oneByOne: "one by one",
};

/** All rounds of one rate. */
export interface RateRounds extends Record<Way, RateMeasured[]> {
  publishesPerSecond: number;
}
