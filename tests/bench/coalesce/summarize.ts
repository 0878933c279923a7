import type { BenchmarkResult, Check } from "../benchmark.ts";
import { rounded, type Spread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import { type Faults, FIGURE_NAMES, FIGURES, type FigureName, faultsOf, figureSpread } from "./figures.ts";
import type { RateMeasured } from "./measure-rate.ts";
import { type RateRounds, WAY_NAMES, WAYS } from "./rate-rounds.ts";

export interface CoalesceGiven {
  subscribers: number;
  seconds: number;
  rounds: number;
  /** The rate whose figures stand for the benchmark. */
  headlineRate: number;
}

export function summarize(rates: readonly RateRounds[], given: CoalesceGiven): BenchmarkResult {
  const { headlineRate, ...settings } = given;
  const headline = rates.find(({ publishesPerSecond }) => publishesPerSecond === headlineRate);
  const coalesce = {
    publishesPerSecond: headlineRate,
    eventsPerPost: medianOf("eventsPerPost", headline?.coalescing ?? []),
    dollarsPerMillionEvents: medianOf("dollarsPerMillionEvents", headline?.coalescing ?? []),
    ...settings,
    rates: rates.map(({ publishesPerSecond, coalescing, oneByOne }) => ({
      publishesPerSecond,
      published: coalescing[0]?.published ?? 0,
      coalescing: told(coalescing),
      oneByOne: told(oneByOne),
    })),
  };
  return {
    json: { coalesce },
    lines: [
      `${given.subscribers} listeners, half in the event and half in the data format; each rate for ${given.seconds} s`,
      "in batches: as the library has it; one by one: an invocation of the fan-out gets one queue message. What one",
      "process publishes at the same time is appended together and shares a queue message either way.",
      "",
      ...table(rates),
    ],
    checks: checksOf(rates),
  };
}

const medianOf = (name: FigureName, rounds: readonly RateMeasured[]): number =>
  rounded(figureSpread(name, rounds).median, FIGURES[name].digits);

type Told = Record<FigureName, number> & Faults & { spread: Record<FigureName, Spread> };

function told(rounds: readonly RateMeasured[]): Told {
  const of = <Value>(value: (name: FigureName) => Value): Record<FigureName, Value> =>
    Object.fromEntries(FIGURE_NAMES.map((name) => [name, value(name)])) as Record<FigureName, Value>;
  return {
    ...of((name) => medianOf(name, rounds)),
    ...faultsOf(rounds),
    spread: of((name) => figureSpread(name, rounds)),
  };
}

/** The medians: a column a rate, and in each row the library's figure beside the baseline's. */
const table = (rates: readonly RateRounds[]): string[] =>
  textTable([
    ["", "", ...rates.map(({ publishesPerSecond }) => `${publishesPerSecond}/s`)],
    ...FIGURE_NAMES.flatMap((figure) =>
      WAYS.map((way, index) => [
        index === 0 ? FIGURES[figure].name : "",
        WAY_NAMES[way],
        ...rates.map((rate) => String(medianOf(figure, rate[way]))),
      ]),
    ),
  ]);

const FAULTS: Record<keyof Faults, string> = {
  rejected: "no publish is rejected",
  lost: "every listener gets every event",
  duplicates: "no listener gets an event twice",
  wrong: "what comes is what was published, at its offset",
  reordered: "what shares a post for the event format comes to the data format in the same order",
};

function checksOf(rates: readonly RateRounds[]): Check[] {
  return WAYS.flatMap((way) => {
    const faults = faultsOf(rates.flatMap((rate) => rate[way]));
    return (Object.keys(FAULTS) as (keyof Faults)[]).map((name) => ({
      what: `${WAY_NAMES[way]}: ${FAULTS[name]} (${faults[name]})`,
      holds: faults[name] === 0,
    }));
  });
}
