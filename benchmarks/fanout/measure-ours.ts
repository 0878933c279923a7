import { getPublicationStatus, type PublishResult, publishToTopic } from "lambda-websocket-pubsub";
import { subtractUsage } from "lambda-websocket-pubsub-local";
import { freshWorkers } from "../support/fresh-workers.ts";
import { until, untilReached } from "../support/until.ts";
import { watchProcesses } from "../support/watch-processes.ts";
import type { FanoutFixture } from "./fixture.ts";
import { type Measured, toMeasured } from "./measured.ts";

/** If the sink gets no post for this time, the fan-out counts as stuck. */
const PATIENCE_MS = 120_000;

export interface Ours extends Measured {
  /** Whether the publication's status is complete and counts one delivery per subscriber. */
  accounted: boolean;
}

/** Measures one publish through the whole local stack: topic log, queue and fan-out workers. */
export async function measureOurs(fixture: FanoutFixture, progress: (doing: string) => void): Promise<Ours> {
  const { stack, sink, topicId, subscribers, latencyMs } = fixture;
  const pids = await freshWorkers(fixture);
  await sink.begin({ latencyMs });
  const usageBefore = stack.usage();
  const used = watchProcesses(pids);
  const startedAtMs = Date.now();
  const publication = await publish(fixture, topicId);
  await untilReached(sink.accepted, subscribers, {
    patienceMs: PATIENCE_MS,
    onGrown: (accepted) => progress(`ours: ${accepted} of ${subscribers}`),
  });
  await untilIdle(fixture);
  const processes = used();
  const usage = subtractUsage(stack.usage(), usageBefore);
  const report = await sink.report();
  const status = await getPublicationStatus({ ...publication, config: toConfig(fixture) });
  const accounted = status.state === "complete" && status.delivered === subscribers;
  return { ...toMeasured({ report, processes, startedAtMs, usage }), accounted };
}

const toConfig = ({ stack }: FanoutFixture): { dynamodbTableName: string; fanoutQueueUrl: string } => ({
  dynamodbTableName: stack.dynamodbTableName,
  fanoutQueueUrl: stack.fanoutQueueUrl,
});

const publish = (fixture: FanoutFixture, topicId: string): Promise<PublishResult> =>
  publishToTopic({ topicId, data: fixture.body, config: toConfig(fixture) });

const untilIdle = ({ stack }: FanoutFixture): Promise<void> =>
  until("the fan-out workers are idle", () => stack.stats().queue.inFlight === 0);
