import type { BenchmarkResult } from "../../benchmark.ts";
import { quantile, rounded } from "../../support/statistics.ts";
import { textTable } from "../../support/text-table.ts";
import { CAPPED_SHARE, type NeighbourRound } from "./measure.ts";

/** With and without maxPostsPerSecond. */
export const CAPS = ["capped", "uncapped"] as const;
export type NeighbourRounds = Record<(typeof CAPS)[number], readonly NeighbourRound[]>;

interface NeighbourFigures {
  subscribes: number;
  answered: number;
  refused: number;
  medianMs: number;
  p99Ms: number;
  longestMs: number;
  throttledPosts: number;
  missing: number;
  fanoutSeconds: number;
}

export const CAP_NAMES: Readonly<Record<(typeof CAPS)[number], string>> = {
  capped: `posts ≤ ${CAPPED_SHARE * 100} %`,
  uncapped: "learned rate alone",
};

/** All rounds together, but for the duration, which is their mean. */
export function neighbourFigures(rounds: readonly NeighbourRound[]): NeighbourFigures {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs).toSorted((a, b) => a - b);
  const sum = (count: (round: NeighbourRound) => number): number =>
    rounds.reduce((total, round) => total + count(round), 0);
  return {
    subscribes: latencies.length + sum(({ unanswered }) => unanswered),
    answered: latencies.length,
    refused: sum(({ refused }) => refused),
    medianMs: rounded(quantile(latencies, 0.5)),
    p99Ms: rounded(quantile(latencies, 0.99)),
    longestMs: rounded(latencies.at(-1) ?? Number.NaN),
    throttledPosts: sum(({ throttledPosts }) => throttledPosts),
    missing: sum(({ missing }) => missing),
    fanoutSeconds: rounded(sum(({ fanoutSeconds }) => fanoutSeconds) / rounds.length, 1),
  };
}

export function neighboursResult(
  rounds: NeighbourRounds,
  { quota }: { quota: number },
): BenchmarkResult & { json: { quota: number } & Record<(typeof CAPS)[number], NeighbourFigures> } {
  const figures = { capped: neighbourFigures(rounds.capped), uncapped: neighbourFigures(rounds.uncapped) };
  const { capped, uncapped } = figures;
  return {
    json: { quota, ...figures },
    lines: [
      `SUBSCRIBEs of another client during the fan-out; the account has ${quota} requests per second for everything`,
      "refused: tries that got Too Many Requests and were repeated; times from the first try to SUBSCRIBED",
      "",
      ...textTable([
        [
          "",
          "SUBSCRIBEs",
          "answered",
          "refused",
          "median ms",
          "p99 ms",
          "longest ms",
          "posts with 429",
          "fan-out s",
        ],
        ...CAPS.map((cap) => row(CAP_NAMES[cap], figures[cap])),
      ]),
    ],
    checks: [
      {
        what: `neighbours: every SUBSCRIBE is answered while posts are capped (${capped.answered} of ${capped.subscribes})`,
        holds: capped.answered === capped.subscribes && capped.subscribes > 0,
      },
      {
        what: `neighbours: none is refused while posts are capped (refused: ${capped.refused})`,
        holds: capped.refused === 0,
      },
      {
        what: `neighbours: every event arrives (missing: ${capped.missing + uncapped.missing})`,
        holds: capped.missing + uncapped.missing === 0,
      },
    ],
  };
}

const row = (name: string, figures: NeighbourFigures): string[] => [
  name,
  String(figures.subscribes),
  String(figures.answered),
  String(figures.refused),
  String(figures.medianMs),
  String(figures.p99Ms),
  String(figures.longestMs),
  String(figures.throttledPosts),
  figures.fanoutSeconds.toFixed(1),
];
