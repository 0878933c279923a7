import { quantile, rounded, type Spread, showSpread, spreadOf } from "../support/statistics.ts";
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

export const emptyRounds = (): RoundsByWay => ({ queue: [], inProcess: [], sdkDirect: [] });

export function summarizeRounds(rounds: RoundsByWay): Record<Way, Latencies> {
  return {
    queue: latenciesOf(rounds.queue),
    inProcess: latenciesOf(rounds.inProcess),
    sdkDirect: latenciesOf(rounds.sdkDirect),
  };
}

/** Quantiles of each round, and of these the median and the spread. */
function latenciesOf(rounds: readonly number[][]): Latencies {
  const sorted = rounds.map((round) => round.toSorted((a, b) => a - b));
  const over = (name: keyof typeof QUANTILES): Spread =>
    spreadOf(sorted.map((round) => quantile(round, QUANTILES[name])));
  const spread = { p50Ms: over("p50Ms"), p95Ms: over("p95Ms"), p99Ms: over("p99Ms") };
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
