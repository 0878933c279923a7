import { quantile, rounded, type Spread, showSpread, toSpread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import { WAY_NAMES, WAYS, type Way } from "./orders.ts";

/** The latencies of each round, in milliseconds. */
export type RoundsByWay = Record<Way, number[][]>;

export interface Latencies {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  spread: Record<"p50Ms" | "p95Ms" | "p99Ms", Spread>;
}

const QUANTILES = { p50Ms: 0.5, p95Ms: 0.95, p99Ms: 0.99 } as const;

export const emptyRounds = (): RoundsByWay => ({
  queue: [],
  inline: [],
  inProcess: [],
  byHand: [],
  sdkDirect: [],
});

export function summarizeRounds(rounds: RoundsByWay): Record<Way, Latencies> {
  return {
    queue: summarizeLatencies(rounds.queue),
    inline: summarizeLatencies(rounds.inline),
    inProcess: summarizeLatencies(rounds.inProcess),
    byHand: summarizeLatencies(rounds.byHand),
    sdkDirect: summarizeLatencies(rounds.sdkDirect),
  };
}

/** Computes the quantiles of each round, and returns their medians and spreads. */
function summarizeLatencies(rounds: readonly number[][]): Latencies {
  const sorted = rounds.map((round) => round.toSorted((a, b) => a - b));
  const toQuantileSpread = (name: keyof typeof QUANTILES): Spread =>
    toSpread(sorted.map((round) => quantile(round, QUANTILES[name])));
  const spread = {
    p50Ms: toQuantileSpread("p50Ms"),
    p95Ms: toQuantileSpread("p95Ms"),
    p99Ms: toQuantileSpread("p99Ms"),
  };
  return {
    p50Ms: rounded(spread.p50Ms.median, 1),
    p95Ms: rounded(spread.p95Ms.median, 1),
    p99Ms: rounded(spread.p99Ms.median, 1),
    spread,
  };
}

export const latencyTable = (audience: string, byWay: Record<Way, Latencies>): string[] =>
  textTable([
    [audience, "p50", "p95", "p99"],
    ...WAYS.map((way) => {
      const { p50Ms, p95Ms, p99Ms } = byWay[way].spread;
      return [`  ${WAY_NAMES[way]}`, ...[p50Ms, p95Ms, p99Ms].map((spread) => showSpread(spread, 1))];
    }),
  ]);
