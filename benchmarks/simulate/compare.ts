import { publishToTopic } from "lambda-websocket-pubsub";
import { DEFAULTS, type SimulateSettings } from "../../packages/cli/src/simulate/model.ts";
import { toResult } from "../../packages/cli/src/simulate/result.ts";
import { simulate } from "../../packages/cli/src/simulate/simulate.ts";
import { freshWorkers } from "../support/fresh-workers.ts";
import { type PostingStack, startPostingStack } from "../support/posting-stack.ts";
import { median } from "../support/statistics.ts";
import { writeSubscriptions } from "../support/subscription-rows.ts";
import { until, untilReached } from "../support/until.ts";
import { watchProcesses } from "../support/watch-processes.ts";
import { measureTimings } from "./measure-timings.ts";

export interface CompareSettings {
  quota: number;
  workers: number;
  latencyMs: number;
  bytes: number;
  rounds: number;
}

export interface FanoutTime {
  seconds: number;
  reached: number;
  duplicates: number;
}

export interface Compared {
  subscribers: number;
  measured: FanoutTime;
  simulated: FanoutTime;
  /** How much longer the simulated fan-out takes, as a share of the measured time. */
  difference: number;
  /** What the simulation was given: the settings of the stack, and the times that its servers take. */
  parameters: Pick<SimulateSettings, "timings" | "postCpuMicros" | "postMs" | "accountRate" | "workers">;
}

/** If the sink gets no post for this time, the fan-out counts as stuck. */
const PATIENCE_MS = 120_000;
/** API Gateway's burst is half a second of its rate, in the simulation as well. */
const BURST_SHARE = 0.5;

/**
 * Measures one publication through the local stack for each size, and simulates it with the stack's own parameters. All
 * sizes share one stack: the library in this process keeps its connections to the first one.
 */
export async function compareSizes(
  sizes: readonly number[],
  settings: CompareSettings,
  progress: (doing: string) => void,
): Promise<Compared[]> {
  const largest = Math.max(...sizes);
  const posting = await startPostingStack({ subscribers: largest, workers: settings.workers, progress });
  try {
    const compared: Compared[] = [];
    for (const subscribers of sizes) {
      const topicId = subscribers === largest ? posting.topicId : `everybody-${subscribers}`;
      if (subscribers !== largest) await writeSubscriptions(posting.stack, { topicId, count: subscribers });
      compared.push(await compare({ ...posting, topicId }, subscribers, settings, progress));
    }
    return compared;
  } finally {
    await posting.stop();
  }
}

async function compare(
  posting: PostingStack,
  subscribers: number,
  settings: CompareSettings,
  progress: (doing: string) => void,
): Promise<Compared> {
  const { workers, rounds, quota, latencyMs, bytes } = settings;
  const timings = await measureTimings(posting.stack, posting.topicId);
  const runs: (FanoutTime & { cpuMicrosPerPost: number })[] = [];
  for (let round = 1; round <= rounds; round++) {
    const show = (doing: string): void =>
      progress(`${subscribers} subscribers, round ${round} of ${rounds}: ${doing}`);
    runs.push(await measureRound(posting, subscribers, settings, show));
  }
  progress(`simulating ${subscribers} subscribers`);
  const parameters = {
    timings,
    workers,
    accountRate: quota,
    postMs: latencyMs,
    postCpuMicros: median(runs.map(({ cpuMicrosPerPost }) => cpuMicrosPerPost)),
  };
  const { simulate: result } = toResult(await simulate({ ...DEFAULTS, ...parameters, subscribers, bytes }));
  const { seconds, reached, duplicates } = result;
  const measured = {
    seconds: median(runs.map((run) => run.seconds)),
    reached: Math.min(...runs.map((run) => run.reached)),
    duplicates: runs.reduce((sum, run) => sum + run.duplicates, 0),
  };
  return {
    subscribers,
    measured,
    simulated: { seconds, reached, duplicates },
    difference: seconds / measured.seconds - 1,
    parameters,
  };
}

/** The workers are new, so that they must learn the quota, but they have already started. */
async function measureRound(
  posting: PostingStack,
  subscribers: number,
  { quota, latencyMs, bytes }: CompareSettings,
  progress: (doing: string) => void,
): Promise<FanoutTime & { cpuMicrosPerPost: number }> {
  const { stack, sink, topicId } = posting;
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  progress("starting workers");
  const pids = await freshWorkers(posting);
  await sink.begin({ latencyMs, quota: { rate: quota, burst: Math.ceil(quota * BURST_SHARE) } });
  const used = watchProcesses(pids);
  const startedAtMs = Date.now();
  await publishToTopic({ topicId, data: "x".repeat(bytes), config: { dynamodbTableName, fanoutQueueUrl } });
  await untilReached(sink.accepted, subscribers, {
    patienceMs: PATIENCE_MS,
    onGrown: (accepted) => progress(`${accepted} of ${subscribers}`),
  });
  await until("the fan-out workers are idle", () => stack.stats().queue.inFlight === 0);
  const { cpuMicros } = used();
  const { posts, reached, duplicates, lastAcceptedAtMs = Number.NaN } = await sink.report();
  return {
    seconds: (lastAcceptedAtMs - startedAtMs) / 1_000,
    reached,
    duplicates,
    cpuMicrosPerPost: cpuMicros / posts,
  };
}
