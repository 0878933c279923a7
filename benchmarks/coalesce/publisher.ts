import { setTimeout as delay } from "node:timers/promises";
import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import { handleOrders } from "../support/handle-orders.ts";
import type { PublishOrder, PublishReply } from "./orders.ts";
import { sampleEvent } from "./sample-event.ts";

/** A producer that keeps its schedule even if publishes are slow: no publish waits for another one. */
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
};

handleOrders<PublishOrder, PublishReply>(async ({ topicId, run, publishesPerSecond, seconds }) => {
  const rejected: string[] = [];
  async function publish(sequence: number): Promise<number | undefined> {
    try {
      return (await publishToTopic({ topicId, data: sampleEvent(run, sequence), config })).offset;
    } catch (error) {
      if (!isPubsubError(error)) throw error;
      rejected.push(error.code);
      return undefined;
    }
  }

  const publishes: Promise<number | undefined>[] = [];
  const beginMs = performance.now();
  let lastBegunAtMs = Date.now();
  while (publishes.length < publishesPerSecond * seconds) {
    const dueInMs = beginMs + (publishes.length * 1_000) / publishesPerSecond - performance.now();
    if (dueInMs > 0) await delay(dueInMs);
    publishes.push(publish(publishes.length));
    lastBegunAtMs = Date.now();
  }
  const offsets = await Promise.all(publishes);
  return { offsets, rejected, lastBegunAtMs };
});
