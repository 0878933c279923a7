import { setTimeout as delay } from "node:timers/promises";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type LocalStack, localCredentials } from "lambda-websocket-pubsub-local";

const LOOK_AGAIN_MS = 100;
/** Longer than a message is invisible that a worker has left undone. */
const TIMEOUT_MS = 150_000;

/**
 * Resolves once the fan-out queue holds nothing visible, in flight or delayed. A worker keeps its message until it
 * has ended: what has not been posted by then never will be.
 */
export async function queueIdle({ fanoutQueueUrl: QueueUrl, env }: LocalStack): Promise<void> {
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
      await delay(LOOK_AGAIN_MS);
    }
  } finally {
    sqs.destroy();
  }
}
