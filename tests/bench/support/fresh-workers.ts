import { publishToTopic } from "lambda-websocket-pubsub";
import type { PostingStack } from "./posting-stack.ts";
import { until, untilReached } from "./until.ts";

const PUBLISHES_A_WORKER = 2;
const PUBLISHES_MAX = 50;
const PATIENCE_MS = 120_000;

/** As many new worker processes as there may be, each having fanned out a little, unthrottled; answers their pids. */
export async function freshWorkers({
  stack,
  sink,
  workers,
  warmUpTopicId: topicId,
  warmUpSubscribers,
}: PostingStack): Promise<number[]> {
  const { dynamodbTableName, fanoutQueueUrl, faults } = stack;
  const pids = (): number[] => faults.workers.pids("fanout");
  faults.workers.kill("fanout");
  await until("the workers have ended", () => pids().length === 0);
  await sink.begin({ latencyMs: 0 });
  // Each finds those before it busy starting, and so begins another
  let published = 0;
  while (pids().length < workers || published < PUBLISHES_A_WORKER * workers) {
    if (published === PUBLISHES_MAX)
      throw new Error(`${published} publishes started fewer than ${workers} workers`);
    await publishToTopic({ topicId, data: "warm", config: { dynamodbTableName, fanoutQueueUrl } });
    published += 1;
  }
  const expected = published * warmUpSubscribers;
  const warm = await untilReached(sink.accepted, expected, { patienceMs: PATIENCE_MS });
  if (!warm) throw new Error(`the warm-up reached ${sink.accepted()} of ${expected}`);
  await until("the workers are idle", () => stack.stats().queue.inFlight === 0);
  return pids();
}
