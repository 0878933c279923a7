import { setTimeout as delay } from "node:timers/promises";
import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import { answerOrders } from "../support/answer-orders.ts";
import type { PublishAnswer, PublishOrder } from "./orders.ts";
import { sampleEvent } from "./sample-event.ts";

/** A producer that keeps to its schedule, whatever its publishes take: none waits for another. */
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
};

answerOrders<PublishOrder, PublishAnswer>(async ({ topicId, run, publishesPerSecond, seconds }) => {
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
