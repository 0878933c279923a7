import { setTimeout as delay } from "node:timers/promises";
import { getPublicationStatus, type PublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { handleOrders } from "../support/handle-orders.ts";

export interface PublishOrder {
  topicId: string;
  body: string;
  timeoutMs: number;
}

const POLL_MS = 250;

const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL ?? "",
};

/** Publishes, and replies when the fan-out is complete or the timeout is over. */
handleOrders<PublishOrder, PublicationStatus>(async ({ topicId, body, timeoutMs }) => {
  const publication = await publishToTopic({ topicId, data: body, config });
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const status = await getPublicationStatus({ ...publication, config });
    if (status.state === "complete" || performance.now() > deadlineMs) return status;
    await delay(POLL_MS);
  }
});
