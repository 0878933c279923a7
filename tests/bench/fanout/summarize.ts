import type { BenchmarkResult, Check } from "../benchmark.ts";
import { median, rounded, type Spread, showSpread, spreadOf } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { FanoutSettings } from "./fixture.ts";
import type { Ours } from "./measure-ours.ts";
import type { Measured } from "./measured.ts";

interface Rounds {
  ours: readonly Ours[];
  seed: readonly Measured[];
  sdkPool: readonly Measured[];
}

const WAYS = ["ours", "seed", "sdkPool"] as const;

export const WAY_NAMES: Readonly<Record<(typeof WAYS)[number], string>> = {
  ours: "ours",
  seed: "first version",
  sdkPool: "SDK page loop",
};

const FIGURES: Readonly<Record<keyof Measured, { name: string; digits: number }>> = {
  reached: { name: "subscribers reached", digits: 0 },
  duplicates: { name: "posts beyond one to each", digits: 0 },
  seconds: { name: "seconds, publish to the last post", digits: 3 },
  cpuMicrosPerPost: { name: "CPU µs a post", digits: 1 },
  rssGrowthMb: { name: "memory growth, MB", digits: 1 },
  dollarsPerMillion: { name: "$ a million deliveries", digits: 4 },
  dollarsPerMillionPublications: { name: "$ a million publications", digits: 0 },
  overheadRatio: { name: "all but API Gateway, over it", digits: 5 },
};

const FIGURE_NAMES = Object.keys(FIGURES) as (keyof Measured)[];

export function summarize(rounds: Rounds, settings: FanoutSettings & { rounds: number }): BenchmarkResult {
  const { ours, seed, sdkPool } = rounds;
  const postsPerSecond = {
    ours: spreadOf(ours.map(speedOf)),
    seed: spreadOf(seed.map(speedOf)),
    sdkPool: spreadOf(sdkPool.map(speedOf)),
  };
  const speedRatio = spreadOf(ours.map((each, round) => speedOf(each) / speedOf(sdkPool[round])));
  const fanout = {
    ...settings,
    ours: figuresOf(ours),
    seed: figuresOf(seed),
    sdkPool: figuresOf(sdkPool),
    postsPerSecond,
    speedRatioToSdkPool: speedRatio,
  };
  return {
    json: { fanout },
    lines: [
      `one publish of ${settings.bytes} bytes to ${settings.subscribers} subscribers, posts answered after ${settings.latencyMs} ms`,
      `ours: topic log, queue, up to ${settings.workers} workers; the others: one process that reads the index and posts`,
      "first version: one query, which ends at 1 MB of subscriptions; its figures are for those that it reaches",
      "",
      ...table(rounds, postsPerSecond),
      "",
      `posts a second, ours over the SDK page loop's: ${showSpread(speedRatio, 2)}`,
    ],
    checks: checksOf(ours, settings.subscribers),
  };
}

const speedOf = (measured: Measured | undefined): number =>
  measured ? measured.reached / measured.seconds : Number.NaN;

type Figures = Record<keyof Measured, number> & { spread: Record<keyof Measured, Spread> };

/** The median of every figure, as it stands in the contract, with its spread beside. */
function figuresOf(rounds: readonly Measured[]): Figures {
  const of = <Value>(value: (name: keyof Measured) => Value): Record<keyof Measured, Value> =>
    Object.fromEntries(FIGURE_NAMES.map((name) => [name, value(name)])) as Record<keyof Measured, Value>;
  const valuesOf = (name: keyof Measured): number[] => rounds.map((each) => each[name]);
  return {
    ...of((name) => rounded(median(valuesOf(name)), FIGURES[name].digits)),
    spread: of((name) => spreadOf(valuesOf(name))),
  };
}

function table(rounds: Rounds, postsPerSecond: Record<keyof Rounds, Spread>): string[] {
  return textTable([
    ["", ...WAYS.map((way) => WAY_NAMES[way])],
    ...FIGURE_NAMES.map((name) => [
      FIGURES[name].name,
      ...WAYS.map((way) => showSpread(spreadOf(rounds[way].map((each) => each[name])), FIGURES[name].digits)),
    ]),
    ["posts a second", ...WAYS.map((way) => showSpread(postsPerSecond[way]))],
  ]);
}

function checksOf(ours: readonly Ours[], subscribers: number): Check[] {
  const missed = ours.map(({ reached }) => subscribers - reached);
  const duplicates = ours.map((each) => each.duplicates);
  return [
    {
      what: `ours reaches everybody (missed: ${missed.join(", ")})`,
      holds: missed.every((count) => count === 0),
    },
    {
      what: `ours posts to nobody twice (${duplicates.join(", ")})`,
      holds: duplicates.every((count) => count === 0),
    },
    {
      what: "ours accounts for every delivery in the publication's status",
      holds: ours.every(({ accounted }) => accounted),
    },
  ];
}
