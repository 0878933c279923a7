import type { BenchmarkResult, Check } from "../benchmark.ts";
import { median, rounded, type Spread, showSpread, toSpread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { PosterFigures } from "./poster.ts";

export const CLIENTS = ["ours", "sdk", "https", "floor"] as const;
export type Client = (typeof CLIENTS)[number];

export const CLIENT_NAMES: Readonly<Record<Client, string>> = {
  ours: "ours",
  sdk: "the SDK's client",
  https: "node:https, signed by hand",
  floor: "undici, signed by hand (floor)",
};

/** The result of one client in one round. */
export interface PostsRound {
  client: Client;
  round: number;
  figures: PosterFigures;
  /** CPU time of the sink's process, including the set-up of connections. */
  sinkMicrosPerPost: number;
  checks: Check[];
}

export function postsResult(
  rounds: readonly PostsRound[],
  { posts, bytes }: { posts: number; bytes: number },
): BenchmarkResult {
  const roundsFor = (client: Client): PostsRound[] => rounds.filter((round) => round.client === client);
  const cpu = (client: Client): number[] => roundsFor(client).map(({ figures }) => figures.cpuMicrosPerPost);
  const figures = Object.fromEntries(CLIENTS.map((client) => [client, summarizeFigures(roundsFor(client))]));
  const ratios = {
    ratioToFloor: computeRatio(cpu("ours"), cpu("floor")),
    ratioToSdk: computeRatio(cpu("sdk"), cpu("ours")),
  };
  return {
    json: {
      posts: {
        ...figures,
        ratioToFloor: ratios.ratioToFloor.median,
        ratioToSdk: ratios.ratioToSdk.median,
        spreads: ratios,
      },
    },
    lines: [
      `${posts} posts of ${bytes} bytes over TLS, one process per client; median (min–max) over the rounds`,
      "",
      ...textTable([
        ["", "CPU µs per post", "posts per second", "sink's CPU µs per post"],
        ...CLIENTS.map((client) => row(client, roundsFor(client))),
      ]),
      "",
      `CPU time per post: ours / the floor's ${showSpread(ratios.ratioToFloor, 2)}`,
      `                   the SDK's / ours   ${showSpread(ratios.ratioToSdk, 2)}`,
    ],
    checks: rounds.flatMap(({ checks }) => checks),
  };
}

function summarizeFigures(rounds: readonly PostsRound[]): Record<string, unknown> {
  const { postsPerSecond, cpuMicrosPerPost, sinkMicrosPerPost } = spreads(rounds);
  return {
    postsPerSecond: postsPerSecond.median,
    cpuMicrosPerPost: cpuMicrosPerPost.median,
    sinkMicrosPerPost: sinkMicrosPerPost.median,
    spreads: { postsPerSecond, cpuMicrosPerPost },
  };
}

function row(client: Client, rounds: readonly PostsRound[]): string[] {
  const { postsPerSecond, cpuMicrosPerPost, sinkMicrosPerPost } = spreads(rounds);
  const figures = [
    showSpread(cpuMicrosPerPost, 1),
    showSpread(postsPerSecond),
    showSpread(sinkMicrosPerPost, 1),
  ];
  return [CLIENT_NAMES[client], ...figures];
}

const spreads = (
  rounds: readonly PostsRound[],
): Record<"postsPerSecond" | "cpuMicrosPerPost" | "sinkMicrosPerPost", Spread> => ({
  postsPerSecond: roundSpread(toSpread(rounds.map(({ figures }) => figures.postsPerSecond)), 0),
  cpuMicrosPerPost: roundSpread(toSpread(rounds.map(({ figures }) => figures.cpuMicrosPerPost)), 1),
  sinkMicrosPerPost: roundSpread(toSpread(rounds.map(({ sinkMicrosPerPost }) => sinkMicrosPerPost)), 1),
});

/** Returns the ratio of the medians. Its minimum and maximum are over the ratios of the single rounds. */
function computeRatio(above: readonly number[], below: readonly number[]): Spread {
  const { min, max } = toSpread(above.map((value, round) => value / (below[round] ?? Number.NaN)));
  return roundSpread({ median: median(above) / median(below), min, max }, 3);
}

const roundSpread = ({ median: middle, min, max }: Spread, count: number): Spread => ({
  median: rounded(middle, count),
  min: rounded(min, count),
  max: rounded(max, count),
});
