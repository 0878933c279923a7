import type { BenchmarkResult, Check } from "../benchmark.ts";
import { median, rounded, type Spread, showSpread, toSpread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { FanoutSettings } from "./fixture.ts";
import type { Ours } from "./measure-ours.ts";
import type { Measured } from "./measured.ts";

interface Rounds {
  ours: readonly Ours[];
  oursWarm: readonly Ours[];
  seed: readonly Measured[];
  sdkPool: readonly Measured[];
}

const WAYS = ["ours", "oursWarm", "seed", "sdkPool"] as const;

export const WAY_NAMES: Readonly<Record<(typeof WAYS)[number], string>> = {
  ours: "ours",
  oursWarm: "ours, warm",
  seed: "first version",
  sdkPool: "SDK page loop",
};

const FIGURES: Readonly<Record<keyof Measured, { name: string; digits: number }>> = {
  reached: { name: "subscribers reached", digits: 0 },
  duplicates: { name: "duplicate posts", digits: 0 },
  seconds: { name: "seconds, publish to the last post", digits: 3 },
  cpuMicrosPerPost: { name: "CPU µs per post", digits: 1 },
  rssGrowthMb: { name: "memory growth, MB", digits: 1 },
  dollarsPerMillion: { name: "$ per million deliveries", digits: 4 },
  dollarsPerMillionPublications: { name: "$ per million publications", digits: 0 },
  overheadRatio: { name: "overhead / API Gateway's messages", digits: 5 },
};

const FIGURE_NAMES = Object.keys(FIGURES) as (keyof Measured)[];

export function summarize(rounds: Rounds, settings: FanoutSettings & { rounds: number }): BenchmarkResult {
  const { ours, oursWarm, seed, sdkPool } = rounds;
  const postsPerSecond = {
    ours: toSpread(ours.map(toPostsPerSecond)),
    oursWarm: toSpread(oursWarm.map(toPostsPerSecond)),
    seed: toSpread(seed.map(toPostsPerSecond)),
    sdkPool: toSpread(sdkPool.map(toPostsPerSecond)),
  };
  const speedRatio = toSpread(
    ours.map((each, round) => toPostsPerSecond(each) / toPostsPerSecond(sdkPool[round])),
  );
  const fanout = {
    ...settings,
    ours: summarizeFigures(ours),
    oursWarm: summarizeFigures(oursWarm),
    seed: summarizeFigures(seed),
    sdkPool: summarizeFigures(sdkPool),
    postsPerSecond,
    speedRatioToSdkPool: speedRatio,
  };
  return {
    json: { fanout },
    lines: [
      `one publish of ${settings.bytes} bytes to ${settings.subscribers} subscribers; the sink responds to a post after ${settings.latencyMs} ms`,
      `ours: topic log, queue, up to ${settings.workers} workers; the others: one process that reads the index and posts`,
      `ours: the workers have just started, as the baselines have; warm: after at least ${settings.warmPosts} posts`,
      "first version: one query, which ends at 1 MB of subscriptions; its figures cover only the subscribers it reaches",
      "",
      ...table(rounds, postsPerSecond),
      "",
      `posts per second, ours / the SDK page loop's: ${showSpread(speedRatio, 2)}`,
    ],
    checks: toChecks([...ours, ...oursWarm], settings.subscribers),
  };
}

const toPostsPerSecond = (measured: Measured | undefined): number =>
  measured ? measured.reached / measured.seconds : Number.NaN;

type Figures = Record<keyof Measured, number> & { spread: Record<keyof Measured, Spread> };

/** Returns the median of every figure, rounded to the digits of the documented JSON output, and its spread. */
function summarizeFigures(rounds: readonly Measured[]): Figures {
  const mapFigures = <Value>(value: (name: keyof Measured) => Value): Record<keyof Measured, Value> =>
    Object.fromEntries(FIGURE_NAMES.map((name) => [name, value(name)])) as Record<keyof Measured, Value>;
  const pickValues = (name: keyof Measured): number[] => rounds.map((each) => each[name]);
  return {
    ...mapFigures((name) => rounded(median(pickValues(name)), FIGURES[name].digits)),
    spread: mapFigures((name) => toSpread(pickValues(name))),
  };
}

function table(rounds: Rounds, postsPerSecond: Record<keyof Rounds, Spread>): string[] {
  return textTable([
    ["", ...WAYS.map((way) => WAY_NAMES[way])],
    ...FIGURE_NAMES.map((name) => [
      FIGURES[name].name,
      ...WAYS.map((way) => showSpread(toSpread(rounds[way].map((each) => each[name])), FIGURES[name].digits)),
    ]),
    ["posts per second", ...WAYS.map((way) => showSpread(postsPerSecond[way]))],
  ]);
}

function toChecks(ours: readonly Ours[], subscribers: number): Check[] {
  const missed = ours.map(({ reached }) => subscribers - reached);
  const duplicates = ours.map((each) => each.duplicates);
  return [
    {
      what: `ours reaches every subscriber (not reached: ${missed.join(", ")})`,
      holds: missed.every((count) => count === 0),
    },
    {
      what: `ours posts to no subscriber twice (duplicates: ${duplicates.join(", ")})`,
      holds: duplicates.every((count) => count === 0),
    },
    {
      what: "ours counts every delivery in the publication's status",
      holds: ours.every(({ accounted }) => accounted),
    },
  ];
}
