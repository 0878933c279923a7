import { type Spread, toSpread } from "../support/statistics.ts";
import type { RateMeasured } from "./measure-rate.ts";

interface Figure {
  name: string;
  /** Number of decimal places. */
  digits: number;
  read(measured: RateMeasured): number;
}

/** The figures of one rate. */
export type FigureName =
  | "eventsPerPost"
  | "dollarsPerMillionEvents"
  | "eventPosts"
  | "dataPosts"
  | "dataOutOfOrderShare"
  | "eventOutOfOrderShare"
  | "publishedLateSeconds"
  | "secondsAfterLastPublish";

/** Posts are counted as received frames. A frame is out of order if a later event arrived before it. */
export const FIGURES: Readonly<Record<FigureName, Figure>> = {
  eventsPerPost: {
    name: "events per post (event format)",
    digits: 2,
    read: ({ event }) => event.events / event.frames,
  },
  dollarsPerMillionEvents: {
    name: "$ per million deliveries",
    digits: 4,
    read: (measured) => measured.dollarsPerMillionEvents,
  },
  eventPosts: { name: "posts, event format", digits: 0, read: ({ event }) => event.frames },
  dataPosts: { name: "posts, data format", digits: 0, read: ({ data }) => data.frames },
  dataOutOfOrderShare: {
    name: "share of data frames out of order",
    digits: 4,
    read: ({ data }) => data.outOfOrder / data.frames,
  },
  eventOutOfOrderShare: {
    name: "share of event frames out of order",
    digits: 4,
    read: ({ event }) => event.outOfOrder / event.frames,
  },
  publishedLateSeconds: {
    name: "delay of the last publish, s",
    digits: 2,
    read: (measured) => measured.publishedLateSeconds,
  },
  secondsAfterLastPublish: {
    name: "last publish to last frame, s",
    digits: 2,
    read: (measured) => measured.secondsAfterLastPublish,
  },
};

export const FIGURE_NAMES: readonly FigureName[] = Object.keys(FIGURES) as FigureName[];

export const figureSpread = (name: FigureName, rounds: readonly RateMeasured[]): Spread =>
  toSpread(rounds.map(FIGURES[name].read));

/** Counts that must be 0 over all rounds. */
export interface Faults {
  rejected: number;
  lost: number;
  duplicates: number;
  wrong: number;
  reordered: number;
}

export function countFaults(rounds: readonly RateMeasured[]): Faults {
  const sum = (read: (measured: RateMeasured) => number): number =>
    rounds.reduce((total, measured) => total + read(measured), 0);
  return {
    rejected: sum(({ rejected }) => rejected.length),
    lost: sum(({ data, event }) => data.lost + event.lost),
    duplicates: sum(({ data, event }) => data.duplicates + event.duplicates),
    wrong: sum(({ data, event }) => data.wrong + event.wrong),
    reordered: sum(({ reordered }) => reordered),
  };
}
