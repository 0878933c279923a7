import type { BenchmarkResult, Check } from "../benchmark.ts";
import { median, rounded, type Spread, showSpread, spreadOf } from "../support/statistics.ts";
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

/** One client in one round. */
export interface PostsRound {
  client: Client;
  round: number;
  figures: PosterFigures;
  /** CPU of the sink's process, the connections' set-up included. */
  sinkMicrosPerPost: number;
  checks: Check[];
}

export function postsResult(
  rounds: readonly PostsRound[],
  { posts, bytes }: { posts: number; bytes: number },
): BenchmarkResult {
  const of = (client: Client): PostsRound[] => rounds.filter((round) => round.client === client);
  const cpu = (client: Client): number[] => of(client).map(({ figures }) => figures.cpuMicrosPerPost);
  const figures = Object.fromEntries(CLIENTS.map((client) => [client, figuresOf(of(client))]));
  const ratios = {
    ratioToFloor: ratio(cpu("ours"), cpu("floor")),
    ratioToSdk: ratio(cpu("sdk"), cpu("ours")),
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
      `${posts} posts of ${bytes} bytes over TLS, a process for each client; median (min–max) over the rounds`,
      "",
      ...textTable([
        ["", "CPU µs a post", "posts a second", "sink's CPU µs a post"],
        ...CLIENTS.map((client) => row(client, of(client))),
      ]),
      "",
      `CPU time of a post: ours over the floor's ${showSpread(ratios.ratioToFloor, 2)}`,
      `                    the SDK's over ours   ${showSpread(ratios.ratioToSdk, 2)}`,
    ],
    checks: rounds.flatMap(({ checks }) => checks),
  };
}

function figuresOf(rounds: readonly PostsRound[]): Record<string, unknown> {
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
  postsPerSecond: digits(spreadOf(rounds.map(({ figures }) => figures.postsPerSecond)), 0),
  cpuMicrosPerPost: digits(spreadOf(rounds.map(({ figures }) => figures.cpuMicrosPerPost)), 1),
  sinkMicrosPerPost: digits(spreadOf(rounds.map(({ sinkMicrosPerPost }) => sinkMicrosPerPost)), 1),
});

/** Of the medians; the spread is over the rounds, each of which has a quotient of its own. */
function ratio(above: readonly number[], below: readonly number[]): Spread {
  const { min, max } = spreadOf(above.map((value, round) => value / (below[round] ?? Number.NaN)));
  return digits({ median: median(above) / median(below), min, max }, 3);
}

const digits = ({ median: middle, min, max }: Spread, count: number): Spread => ({
  median: rounded(middle, count),
  min: rounded(min, count),
  max: rounded(max, count),
});
