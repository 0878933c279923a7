import type { Benchmark, BenchmarkRun } from "./benchmark.ts";
import { type FanoutFixture, startFixture } from "./fanout/fixture.ts";
import { measureOurs, measureWarm, type Ours } from "./fanout/measure-ours.ts";
import { measureProcess } from "./fanout/measure-process.ts";
import type { Measured } from "./fanout/measured.ts";
import { summarize } from "./fanout/summarize.ts";

/** Measures one publication to a large number of subscribers, from the publish to the last post. */
export const fanout: Benchmark = {
  name: "fanout",
  summary: "one publish to many subscribers: ours, this package's first version, a page loop with the SDK",
  flags: {
    subscribers: { default: 10_000, min: 1, max: 200_000, help: "number of subscriptions of the topic" },
    bytes: { default: 500, min: 1, max: 100_000, help: "size of the data" },
    workers: {
      default: 2,
      min: 1,
      max: 32,
      help: "maximum number of fan-out worker processes; each baseline is one process",
    },
    latency: { default: 0, min: 0, max: 5_000, help: "milliseconds until the sink responds to a post" },
    "warm-posts": { default: 40_000, min: 0, max: 1_000_000, help: "posts before warm workers are measured" },
    "page-size": {
      default: 0,
      min: 0,
      max: 5_000,
      help: "our subscriptions per page; 0: the library's default",
    },
  },
  rounds: 3,
  async run(given) {
    const {
      subscribers = 0,
      bytes = 0,
      workers = 0,
      latency: latencyMs = 0,
      "warm-posts": warmPosts = 0,
      "page-size": partSize = 0,
    } = given.flags;
    const settings = { subscribers, bytes, workers, latencyMs, warmPosts, partSize };
    const fixture = await startFixture(settings, given.progress);
    try {
      return summarize(await measure(given, fixture), { ...settings, rounds: given.rounds });
    } finally {
      await fixture.stop();
    }
  },
};

async function measure(
  { rounds, progress }: BenchmarkRun,
  fixture: FanoutFixture,
): Promise<{ ours: Ours[]; oursWarm: Ours[]; seed: Measured[]; sdkPool: Measured[] }> {
  const measured = {
    ours: [] as Ours[],
    oursWarm: [] as Ours[],
    seed: [] as Measured[],
    sdkPool: [] as Measured[],
  };
  for (let round = 1; round <= rounds; round++) {
    const showProgress = (doing: string): void => progress(`round ${round} of ${rounds}: ${doing}`);
    measured.ours.push(await measureOurs(fixture, showProgress));
    measured.oursWarm.push(await measureWarm(fixture, showProgress));
    showProgress("first version: one query, all posts at once");
    measured.seed.push(await measureProcess(fixture, new URL("./fanout/seed.ts", import.meta.url)));
    showProgress("SDK page loop");
    measured.sdkPool.push(await measureProcess(fixture, new URL("./fanout/sdk-pool.ts", import.meta.url)));
  }
  return measured;
}
