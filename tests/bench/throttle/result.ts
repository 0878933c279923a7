import type { BenchmarkResult } from "../benchmark.ts";
import { rounded, type Spread, showSpread, spreadOf } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { ThrottleFigures } from "./figures.ts";

export const VARIANTS = ["ours", "sdkStandard", "sdkAdaptive"] as const;
export type Variant = (typeof VARIANTS)[number];

export const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  ours: "ours",
  sdkStandard: "SDK, standard retries",
  sdkAdaptive: "SDK, adaptive retries",
};

/** One variant in one round. */
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
): BenchmarkResult {
  const of = (variant: Variant): ThrottleRound[] => rounds.filter((round) => round.variant === variant);
  const variants = Object.fromEntries(VARIANTS.map((variant) => [variant, summary(of(variant))]));
  return {
    json: { throttle: { ...settings, ...variants } },
    lines: [
      `${settings.quota} posts a second are let through, what is more is answered 429; processes that post: ${settings.workers}`,
      "goodput: what is answered 200, of what is let through, from the second second until 99 % are reached",
      "",
      ...textTable([
        ["", "goodput", "429s, of all posts", "never reached", "reached twice", "seconds"],
        ...VARIANTS.map((variant) => row(variant, of(variant))),
      ]),
    ],
    checks: of("ours").map(({ figures }, round) => ({
      what: `ours, round ${round + 1}: every connection is reached, ${figures.lost} are not`,
      holds: figures.lost === 0,
    })),
  };
}

function summary(rounds: readonly ThrottleRound[]): Record<string, unknown> {
  const spreads = FIGURES.map((name) => [name, spreadIn(rounds, name)] as const);
  return {
    ...Object.fromEntries(spreads.map(([name, { median }]) => [name, median])),
    spreads: Object.fromEntries(spreads),
    timeline: typical(rounds)?.timeline,
  };
}

/** The round whose goodput is in the middle. */
const typical = (rounds: readonly ThrottleRound[]): ThrottleRound | undefined =>
  rounds.toSorted((a, b) => a.figures.goodputRatio - b.figures.goodputRatio)[Math.floor(rounds.length / 2)];

function spreadIn(rounds: readonly ThrottleRound[], name: keyof ThrottleFigures): Spread {
  const { median, min, max } = spreadOf(rounds.map(({ figures }) => figures[name]));
  const digits = DIGITS[name];
  return { median: rounded(median, digits), min: rounded(min, digits), max: rounded(max, digits) };
}

const row = (variant: Variant, rounds: readonly ThrottleRound[]): string[] => [
  VARIANT_NAMES[variant],
  ...FIGURES.map((name) => showSpread(spreadIn(rounds, name), DIGITS[name])),
];
