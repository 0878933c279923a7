import { randomUUID } from "node:crypto";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { type HotTopicProcesses, startProcesses } from "./hot-topic/processes.ts";
import { type AppendsRound, appendRound, type BareRound, barePutsRound } from "./hot-topic/rounds.ts";
import { summarize } from "./hot-topic/summary.ts";

/** Measures how many appends per second one topic accepts from producers that do not coordinate. */
export const hotTopic: Benchmark = {
  name: "hot-topic",
  summary:
    "appends per second to one topic from many producer processes, compared with one loop of bare puts",
  flags: {
    producers: { default: 8, min: 1, max: 64, help: "producer processes" },
    seconds: { default: 8, min: 1, max: 120, help: "seconds of publishing per round" },
    concurrency: { default: 1, min: 1, max: 64, help: "publishes that each producer makes at the same time" },
  },
  rounds: 3,
  async run(given) {
    const { producers = 0 } = given.flags;
    given.progress(`starting DynamoDB Local, SQS and ${producers} producers`);
    const processes = await startProcesses(producers);
    try {
      return await measure(given, processes);
    } finally {
      await processes.stop();
    }
  },
};

async function measure(given: BenchmarkRun, processes: HotTopicProcesses): Promise<BenchmarkResult> {
  const { seconds = 0, concurrency = 0 } = given.flags;
  const appends: AppendsRound[] = [];
  const bare: BareRound[] = [];
  for (let round = 1; round <= given.rounds; round++) {
    given.progress(`round ${round} of ${given.rounds}: bare puts`);
    bare.push(await barePutsRound(processes, seconds));
    given.progress(`round ${round} of ${given.rounds}: ${processes.producers.length} producers`);
    const topicId = `hot-${randomUUID()}`;
    appends.push(await appendRound(processes, { topicId, seconds, concurrency }));
  }
  return summarize(appends, bare, { producers: processes.producers.length, concurrency, seconds });
}
