import { randomUUID } from "node:crypto";
import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import { dynamodbClient } from "../../packages/pubsub/src/aws/sdk/clients.ts";
import { handleOrders, machineNowMs } from "../support/handle-orders.ts";
import { countCalls } from "./call-counts.ts";
import type { Published, PublishOrder, PublishReply } from "./orders.ts";
import { sampleData, WARM_UP_CALLS } from "./sample-data.ts";

/** A producer that publishes to a topic in several lanes. Each lane makes one publish after the other. */
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
};
const calls = countCalls(dynamodbClient());

const warmUp = `warm-up-${randomUUID()}`;
for (let sequence = 1; sequence <= WARM_UP_CALLS; sequence++) {
  await publishToTopic({ topicId: warmUp, data: sampleData(sequence), config });
}

handleOrders<PublishOrder, PublishReply>(async ({ topicId, seconds, concurrency }) => {
  const before = { ...calls };
  const published: Published[] = [];
  const rejected: string[] = [];
  const beginMs = machineNowMs();
  const deadlineMs = beginMs + seconds * 1_000;
  let sequence = 0;

  async function lane(): Promise<void> {
    while (machineNowMs() < deadlineMs) {
      const startedMs = machineNowMs();
      try {
        const data = sampleData(sequence++);
        const { publicationId, offset } = await publishToTopic({ topicId, data, config });
        published.push({ publicationId, offset, startedMs, resolvedMs: machineNowMs() });
      } catch (error) {
        if (!isPubsubError(error)) throw error;
        rejected.push(error.code);
      }
    }
  }

  await Promise.all(Array.from({ length: concurrency }, lane));
  return {
    published,
    rejected,
    calls: {
      writes: calls.writes - before.writes,
      reads: calls.reads - before.reads,
      conflicts: calls.conflicts - before.conflicts,
    },
    beginMs,
    endMs: machineNowMs(),
  };
});
