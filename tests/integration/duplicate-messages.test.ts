import { randomUUID } from "node:crypto";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle, sendToFanout, takeMessages } from "../support/queues.ts";
import { seedSubscribers } from "../support/rows.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";

const SUBSCRIBERS = 1_500;

let sink: Sink;
/** A message whose page another worker has claimed returns sooner than from a real queue, so the test is quick. */
const local = stackForFile(async () => {
  sink = await startSink();
  return {
    functionEnv: functionsPostingTo(sink),
    fanout: { batchSize: 1 },
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
    const { dynamodbTableName } = local.config;
    await sink.begin();
    const config = { dynamodbTableName, fanoutQueueUrl: tapUrl };
    const publication = await publishToTopic({ topicId, data: "once", config });
    const [{ Body: body = "" } = {}] = await takeMessages(local, tapUrl);
    if (atOnce) {
      // The first worker is held in the middle of the page until the second worker has met it too
      await sink.holdAfter(50);
      await sendToFanout(local, [body, body]);
      await eventually(() => expect(local.log.filter(skipped("leased"))).not.toEqual([]));
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
    expect(local.log.filter(skipped("done"))).not.toEqual([]);
  });
});

const skipped =
  (why: string) =>
  (line: string): boolean =>
    line.includes("unit-skipped") && line.includes(`"why":"${why}"`);
