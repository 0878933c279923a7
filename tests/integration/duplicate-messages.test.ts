import { randomUUID } from "node:crypto";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle, sendToFanout, takeMessages } from "../support/queues.ts";
import { seedSubscribers } from "../support/rows.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";

/** Two parts. */
const SUBSCRIBERS = 1_500;
/** One that is held in each part, and one that meets a part again. */
const WORKERS = 3;

let sink: Sink;
/** A message whose page another worker has claimed returns sooner than from a real queue, so the test is quick. */
const local = stackForFile(async () => {
  sink = await startSink();
  return {
    functionEnv: functionsPostingTo(sink),
    fanout: { batchSize: 1, maximumConcurrency: WORKERS },
    queue: { visibilityTimeoutSeconds: 5, maxReceiveCount: 100 },
  };
});
afterAll(() => sink.stop());

/** SQS delivers at least once. The ledger records which pages are done and which ones another worker has claimed. */
describe("a fan-out message that is delivered twice", () => {
  const topicId = randomUUID();
  let ids: string[];
  /** Where a producer's messages can be taken from before the fan-out sees them. */
  let tapUrl: string;
  beforeAll(async () => {
    ids = await seedSubscribers(local, topicId, SUBSCRIBERS);
    const { QueueUrl = "" } = await local.sqs.send(new CreateQueueCommand({ QueueName: "tap" }));
    tapUrl = QueueUrl;
  });

  it.each([
    ["one after the other", false],
    ["at once, to two workers", true],
  ])("fans out once: %s", async (_, atOnce) => {
    if (atOnce) await startAllWorkers();
    const { dynamodbTableName } = local.config;
    await sink.begin();
    const config = { dynamodbTableName, fanoutQueueUrl: tapUrl };
    const publication = await publishToTopic({ topicId, data: "once", config });
    const [{ Body: body = "" } = {}] = await takeMessages(local, tapUrl);
    if (atOnce) {
      // The first worker is held in the middle of the page until another worker has met it too
      await sink.holdAfter(50);
      await sendToFanout(local, [body, body]);
      await eventually(() => expect(local.log.filter(skipped(topicId, "leased"))).not.toEqual([]));
      await sink.release();
    } else {
      await sendToFanout(local, [body]);
      await fanoutIdle(local);
      await sendToFanout(local, [body]);
    }
    await fanoutIdle(local);
    const { delivered } = await sink.posts();
    expect(ids.filter((id) => delivered.get(id) !== 1)).toEqual([]);
    expect(sink.received()).toBe(SUBSCRIBERS);
    expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
      state: "complete",
      delivered: SUBSCRIBERS,
    });
    expect(local.log.filter(skipped(topicId, "done"))).not.toEqual([]);
  });
});

/**
 * Waits until all workers have handled a message. On a busy machine a worker can take longer to start than the ten seconds
 * after which a held post fails, and the first worker would post to the same subscribers again.
 */
async function startAllWorkers(): Promise<void> {
  const { config } = local;
  await sink.holdAfter(0);
  for (let started = 0; started < WORKERS; started++) {
    const topicId = randomUUID();
    await seedSubscribers(local, topicId, 1);
    await publishToTopic({ topicId, data: "start", config });
  }
  await eventually(() => expect(local.stack.faults.workers.pids("fanout")).toHaveLength(WORKERS));
  await sink.release();
  await fanoutIdle(local);
}

const skipped =
  (topicId: string, why: string) =>
  (line: string): boolean =>
    line.includes("unit-skipped") && line.includes(topicId) && line.includes(`"why":"${why}"`);
