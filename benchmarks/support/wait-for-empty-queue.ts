import { setTimeout as delay } from "node:timers/promises";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type LocalStack, localCredentials } from "lambda-websocket-pubsub-local";

const POLL_MS = 100;
/** Longer than the visibility timeout of a message that a worker did not finish. */
const TIMEOUT_MS = 150_000;

/**
 * Resolves when the fan-out queue has no visible, in-flight or delayed message. A worker deletes its message only when
 * its work is complete, so no further post can follow.
 */
export async function waitForEmptyQueue({ fanoutQueueUrl: QueueUrl, env }: LocalStack): Promise<void> {
  const endpoint = new URL(QueueUrl).origin;
  const sqs = new SQSClient({ endpoint, region: env.AWS_REGION ?? "", credentials: localCredentials });
  const deadlineMs = performance.now() + TIMEOUT_MS;
  try {
    for (;;) {
      const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
      const { Attributes = {} } = await sqs.send(get);
      const messages =
        Number(Attributes.ApproximateNumberOfMessages) +
        Number(Attributes.ApproximateNumberOfMessagesNotVisible) +
        Number(Attributes.ApproximateNumberOfMessagesDelayed);
      if (messages === 0) return;
      if (performance.now() > deadlineMs) {
        throw new Error(`the fan-out queue still holds ${messages} messages after ${TIMEOUT_MS} ms`);
      }
      await delay(POLL_MS);
    }
  } finally {
    sqs.destroy();
  }
}
