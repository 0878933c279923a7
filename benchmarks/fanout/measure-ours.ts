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

/** Measures one publish through the whole local stack, topic log, queue and fan-out workers, which have just started. */
export async function measureOurs(fixture: FanoutFixture, progress: (doing: string) => void): Promise<Ours> {
  await freshWorkers(fixture);
  return measurePublish(fixture, (accepted) => progress(`ours: ${accepted}`));
}

/** Measures one publish with the workers that are there, after more posts. After 40,000, Node has compiled what they run. */
export async function measureWarm(fixture: FanoutFixture, progress: (doing: string) => void): Promise<Ours> {
  const publishes = Math.ceil(fixture.warmPosts / fixture.subscribers);
  for (let published = 0; published < publishes; published++) {
    progress(`ours: ${published} of ${publishes} more publications`);
    await measurePublish(fixture, () => {});
  }
  return measurePublish(fixture, (accepted) => progress(`ours, after more publications: ${accepted}`));
}

async function measurePublish(fixture: FanoutFixture, onAccepted: (accepted: string) => void): Promise<Ours> {
  const { stack, sink, topicId, subscribers, latencyMs } = fixture;
  const pids = stack.faults.workers.pids("fanout");
  await sink.begin({ latencyMs });
  const usageBefore = stack.usage();
  const used = watchProcesses(pids);
  const startedAtMs = Date.now();
  const publication = await publish(fixture, topicId);
  await untilReached(sink.accepted, subscribers, {
    patienceMs: PATIENCE_MS,
    onGrown: (accepted) => onAccepted(`${accepted} of ${subscribers}`),
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
