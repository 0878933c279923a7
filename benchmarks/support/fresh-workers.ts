import { publishToTopic } from "lambda-websocket-pubsub";
import type { PostingStack } from "./posting-stack.ts";
import { until, untilReached } from "./until.ts";

const PUBLISHES_PER_WORKER = 2;
const MAX_PUBLISHES = 50;
const PATIENCE_MS = 120_000;

/**
 * Starts the maximum number of new worker processes and lets them fan out a little, without throttling. Returns their
 * process ids.
 */
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
  // While the previous workers are still starting, each publish starts another one
  let published = 0;
  while (pids().length < workers || published < PUBLISHES_PER_WORKER * workers) {
    if (published === MAX_PUBLISHES)
      throw new Error(`expected ${workers} workers after ${published} publishes; got ${pids().length}`);
    await publishToTopic({ topicId, data: "warm", config: { dynamodbTableName, fanoutQueueUrl } });
    published += 1;
  }
  const expected = published * warmUpSubscribers;
  const warm = await untilReached(sink.accepted, expected, { patienceMs: PATIENCE_MS });
  if (!warm) throw new Error(`expected ${expected} posts of the warm-up; got ${sink.accepted()}`);
  await until("the workers are idle", () => stack.stats().queue.inFlight === 0);
  return pids();
}
