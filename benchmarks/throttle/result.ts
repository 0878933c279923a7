import type { BenchmarkResult } from "../benchmark.ts";
import { rounded, type Spread, showSpread, toSpread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { ThrottleFigures } from "./figures.ts";

export const VARIANTS = ["ours", "sdkStandard", "sdkAdaptive"] as const;
export type Variant = (typeof VARIANTS)[number];

export const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  ours: "ours",
  sdkStandard: "SDK, standard retries",
  sdkAdaptive: "SDK, adaptive retries",
};

/** The result of one variant in one round. */
export interface ThrottleRound {
  variant: Variant;
  figures: ThrottleFigures;
  timeline: { stepMs: number; accepted: number[]; rejected: number[] };
}

const DIGITS: Readonly<Record<keyof ThrottleFigures, number>> = {
  goodputRatio: 3,
  rejectedRatio: 3,
  lost: 0,
  duplicates: 0,
  seconds: 1,
};
const FIGURES = Object.keys(DIGITS) as (keyof ThrottleFigures)[];

export function throttleResult(
  rounds: readonly ThrottleRound[],
  settings: { quota: number; workers: number },
): BenchmarkResult & { json: { throttle: Readonly<Record<string, unknown>> } } {
  const roundsFor = (variant: Variant): ThrottleRound[] =>
    rounds.filter((round) => round.variant === variant);
  const variants = Object.fromEntries(VARIANTS.map((variant) => [variant, summarize(roundsFor(variant))]));
  return {
    json: { throttle: { ...settings, ...variants } },
    lines: [
      `the sink accepts ${settings.quota} posts per second and returns 429 to the others; posting processes: ${settings.workers}`,
      "goodput: rate of 200 responses / quota, from one second after the first post until 99 % of these responses",
      "",
      ...textTable([
        ["", "goodput", "share of 429s", "not reached", "duplicates", "seconds"],
        ...VARIANTS.map((variant) => row(variant, roundsFor(variant))),
      ]),
    ],
    checks: roundsFor("ours").map(({ figures }, round) => ({
      what: `ours, round ${round + 1}: every connection is reached (not reached: ${figures.lost})`,
      holds: figures.lost === 0,
    })),
  };
}

function summarize(rounds: readonly ThrottleRound[]): Record<string, unknown> {
  const spreads = FIGURES.map((name) => [name, toFigureSpread(rounds, name)] as const);
  return {
    ...Object.fromEntries(spreads.map(([name, { median }]) => [name, median])),
    spreads: Object.fromEntries(spreads),
    timeline: findMedianRound(rounds)?.timeline,
  };
}

/** Returns the round with the median goodput. */
const findMedianRound = (rounds: readonly ThrottleRound[]): ThrottleRound | undefined =>
  rounds.toSorted((a, b) => a.figures.goodputRatio - b.figures.goodputRatio)[Math.floor(rounds.length / 2)];

function toFigureSpread(rounds: readonly ThrottleRound[], name: keyof ThrottleFigures): Spread {
  const { median, min, max } = toSpread(rounds.map(({ figures }) => figures[name]));
  const digits = DIGITS[name];
  return { median: rounded(median, digits), min: rounded(min, digits), max: rounded(max, digits) };
}

const row = (variant: Variant, rounds: readonly ThrottleRound[]): string[] => [
  VARIANT_NAMES[variant],
  ...FIGURES.map((name) => showSpread(toFigureSpread(rounds, name), DIGITS[name])),
];
