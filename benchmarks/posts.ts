import { join } from "node:path";
import type { Benchmark, BenchmarkRun, Check } from "./benchmark.ts";
import type { PosterFigures, PosterOrder } from "./posts/poster.ts";
import { CLIENTS, type Client, type PostsRound, postsResult } from "./posts/result.ts";
import { startChild } from "./support/bench-child.ts";
import { posterEnv } from "./support/posting-to.ts";
import { PROFILES } from "./support/profiled.ts";
import { type Sink, startSink } from "./support/sink.ts";

/** Measures the cost of one post: the library's complete path, the SDK's client, and the lowest possible cost. */
export const posts: Benchmark = {
  name: "posts",
  summary: "CPU time and rate of posts: ours, the SDK's client, node:https and undici signed by hand",
  rounds: 5,
  profiles: true,
  flags: {
    posts: { default: 20_000, min: 100, max: 1_000_000, help: "posts per client and round" },
    bytes: { default: 230, min: 1, max: 131_072, help: "bytes per post" },
    sockets: { default: 64, min: 1, max: 1_024, help: "sockets of each client except ours" },
  },
  async run(given) {
    const sink = await startSink();
    try {
      const { posts: count = 0, bytes = 0 } = given.flags;
      const result = postsResult(await measure(sink, given), { posts: count, bytes });
      if (!given.profile) return result;
      return {
        ...result,
        lines: [...result.lines, "", `CPU profiles, one per client and round: ${PROFILES}`],
      };
    } finally {
      await sink.stop();
    }
  },
};

/** The clients take turns, and each round begins with another client. */
async function measure(sink: Sink, given: BenchmarkRun): Promise<PostsRound[]> {
  const rounds: PostsRound[] = [];
  for (let round = 0; round < given.rounds; round++) {
    for (let turn = 0; turn < CLIENTS.length; turn++) {
      const client = CLIENTS[(round + turn) % CLIENTS.length] ?? "floor";
      given.progress(`round ${round + 1} of ${given.rounds}: ${client}`);
      rounds.push(await measureClient(sink, client, round, given));
    }
  }
  return rounds;
}

async function measureClient(
  sink: Sink,
  client: Client,
  round: number,
  { flags, profile }: BenchmarkRun,
): Promise<PostsRound> {
  const { posts: count = 0, bytes: bodyBytes = 0, sockets = 0 } = flags;
  const poster = await startChild<PosterOrder, PosterFigures>(
    new URL(`./posts/${client}.ts`, import.meta.url),
    posterEnv(sink),
  );
  try {
    await sink.begin({ latencyMs: 0 });
    const sinkCpu = sink.cpuMicros();
    const figures = await poster.ask({
      endpoint: sink.endpoint,
      posts: count,
      bodyBytes,
      sockets,
      ...(profile && { profileTo: join(PROFILES, `posts-${client}-${round + 1}.cpuprofile`) }),
    });
    const sinkMicrosPerPost = (sink.cpuMicros() - sinkCpu) / figures.connections;
    return { client, round, figures, sinkMicrosPerPost, checks: await check(sink, client, round, figures) };
  } finally {
    await poster.stop();
  }
}

async function check(sink: Sink, client: Client, round: number, figures: PosterFigures): Promise<Check[]> {
  const { posts: made, accepted, reached, duplicates } = await sink.report();
  const who = `${client}, round ${round + 1}`;
  return [
    { what: `${who}: all ${made} posts get a 200 response (got: ${accepted})`, holds: made === accepted },
    {
      what: `${who}: all ${figures.connections} connections are reached once (reached: ${reached}, duplicates: ${duplicates})`,
      holds: reached === figures.connections && duplicates === 0,
    },
  ];
}
