import { type Spread, spreadOf } from "../support/statistics.ts";
import type { RateMeasured } from "./measure-rate.ts";

interface Figure {
  name: string;
  /** After the point. */
  digits: number;
  of(measured: RateMeasured): number;
}

/** What is told of a rate. */
export type FigureName =
  | "eventsPerPost"
  | "dollarsPerMillionEvents"
  | "eventPosts"
  | "dataPosts"
  | "dataOutOfOrderShare"
  | "eventOutOfOrderShare"
  | "publishedLateSeconds"
  | "secondsAfterLastPublish";

/** Posts are counted as frames that came; out of order: a later event had come before. */
export const FIGURES: Readonly<Record<FigureName, Figure>> = {
  eventsPerPost: {
    name: "events a post (event format)",
    digits: 2,
    of: ({ event }) => event.events / event.frames,
  },
  dollarsPerMillionEvents: {
    name: "$ a million deliveries",
    digits: 4,
    of: (measured) => measured.dollarsPerMillionEvents,
  },
  eventPosts: { name: "posts, event format", digits: 0, of: ({ event }) => event.frames },
  dataPosts: { name: "posts, data format", digits: 0, of: ({ data }) => data.frames },
  dataOutOfOrderShare: {
    name: "data frames out of order, share",
    digits: 4,
    of: ({ data }) => data.outOfOrder / data.frames,
  },
  eventOutOfOrderShare: {
    name: "event frames out of order, share",
    digits: 4,
    of: ({ event }) => event.outOfOrder / event.frames,
  },
  publishedLateSeconds: {
    name: "last publish behind its schedule, s",
    digits: 2,
    of: (measured) => measured.publishedLateSeconds,
  },
  secondsAfterLastPublish: {
    name: "last frame after last publish, s",
    digits: 2,
    of: (measured) => measured.secondsAfterLastPublish,
  },
};

export const FIGURE_NAMES: readonly FigureName[] = Object.keys(FIGURES) as FigureName[];

export const figureSpread = (name: FigureName, rounds: readonly RateMeasured[]): Spread =>
  spreadOf(rounds.map(FIGURES[name].of));

/** What has to be none, over all rounds. */
export interface Faults {
  rejected: number;
  lost: number;
  duplicates: number;
  wrong: number;
  reordered: number;
}

export function faultsOf(rounds: readonly RateMeasured[]): Faults {
  const sum = (of: (measured: RateMeasured) => number): number =>
    rounds.reduce((total, measured) => total + of(measured), 0);
  return {
    rejected: sum(({ rejected }) => rejected.length),
    lost: sum(({ data, event }) => data.lost + event.lost),
    duplicates: sum(({ data, event }) => data.duplicates + event.duplicates),
    wrong: sum(({ data, event }) => data.wrong + event.wrong),
    reordered: sum(({ reordered }) => reordered),
  };
}
