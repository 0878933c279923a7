import type { BenchmarkResult, Check } from "../benchmark.ts";
import { rounded, type Spread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import { countFaults, type Faults, FIGURE_NAMES, FIGURES, type FigureName, figureSpread } from "./figures.ts";
import type { RateMeasured } from "./measure-rate.ts";
import { type RateRounds, WAY_NAMES, WAYS } from "./rate-rounds.ts";

export interface CoalesceGiven {
  subscribers: number;
  seconds: number;
  rounds: number;
  /** The rate whose figures are also at the top of the result. */
  headlineRate: number;
}

export function summarize(rates: readonly RateRounds[], given: CoalesceGiven): BenchmarkResult {
  const { headlineRate, ...settings } = given;
  const headline = rates.find(({ publishesPerSecond }) => publishesPerSecond === headlineRate);
  const coalesce = {
    publishesPerSecond: headlineRate,
    eventsPerPost: takeMedian("eventsPerPost", headline?.coalescing ?? []),
    dollarsPerMillionEvents: takeMedian("dollarsPerMillionEvents", headline?.coalescing ?? []),
    ...settings,
    rates: rates.map(({ publishesPerSecond, coalescing, oneByOne }) => ({
      publishesPerSecond,
      published: coalescing[0]?.published ?? 0,
      coalescing: summarizeRounds(coalescing),
      oneByOne: summarizeRounds(oneByOne),
    })),
  };
  return {
    json: { coalesce },
    lines: [
      `${given.subscribers} listeners, half in the event and half in the data format; each rate for ${given.seconds} s`,
      "in batches: the library's default; one by one: one queue message per invocation of the fan-out. In both cases, events",
      "that one process publishes at the same time are appended together and share a queue message.",
      "",
      ...table(rates),
    ],
    checks: toChecks(rates),
  };
}

const takeMedian = (name: FigureName, rounds: readonly RateMeasured[]): number =>
  rounded(figureSpread(name, rounds).median, FIGURES[name].digits);

type RateSummary = Record<FigureName, number> & Faults & { spread: Record<FigureName, Spread> };

function summarizeRounds(rounds: readonly RateMeasured[]): RateSummary {
  const mapFigures = <Value>(value: (name: FigureName) => Value): Record<FigureName, Value> =>
    Object.fromEntries(FIGURE_NAMES.map((name) => [name, value(name)])) as Record<FigureName, Value>;
  return {
    ...mapFigures((name) => takeMedian(name, rounds)),
    ...countFaults(rounds),
    spread: mapFigures((name) => figureSpread(name, rounds)),
  };
}

/** Returns a table of the medians, with one column per rate and two rows per figure: the library and the baseline. */
const table = (rates: readonly RateRounds[]): string[] =>
  textTable([
    ["", "", ...rates.map(({ publishesPerSecond }) => `${publishesPerSecond}/s`)],
    ...FIGURE_NAMES.flatMap((figure) =>
      WAYS.map((way, index) => [
        index === 0 ? FIGURES[figure].name : "",
        WAY_NAMES[way],
        ...rates.map((rate) => String(takeMedian(figure, rate[way]))),
      ]),
    ),
  ]);

const FAULTS: Record<keyof Faults, string> = {
  rejected: "no publish is rejected",
  lost: "every listener gets every event",
  duplicates: "no listener gets an event twice",
  wrong: "every event has its published content and offset",
  reordered: "events that share a frame in the event format arrive in the same order in the data format",
};

function toChecks(rates: readonly RateRounds[]): Check[] {
  return WAYS.flatMap((way) => {
    const faults = countFaults(rates.flatMap((rate) => rate[way]));
    return (Object.keys(FAULTS) as (keyof Faults)[]).map((name) => ({
      what: `${WAY_NAMES[way]}: ${FAULTS[name]} (${faults[name]})`,
      holds: faults[name] === 0,
    }));
  });
}
