import type { SQSClient } from "@aws-sdk/client-sqs";
import { PubsubError } from "../../core/errors.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { GetQueueAttributesCommand, GetQueueUrlCommand } from "./commands.ts";

/** What the adapters need of a client. The SDK's own client fits, and `sdk/clients.ts` creates one that loads it only if needed. */
export type SqsClient = Pick<SQSClient, "send">;

export interface SqsQueue {
  client: SqsClient;
  queueUrl: string;
}

/** Returns the URL of the queue that the fan-out queue's redrive policy names. It asks once, unless that fails. */
export function deadLetterQueueOf(queue: SqsQueue): () => Promise<string> {
  let url: Promise<string> | undefined;
  return () => {
    url ??= findDeadLetterQueue(queue).catch((error: unknown) => {
      url = undefined;
      throw error;
    });
    return url;
  };
}

async function findDeadLetterQueue({ client, queueUrl }: SqsQueue): Promise<string> {
  const get = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
  const { Attributes } = await guarded("GetQueueAttributes", () => client.send(get), "QUEUE_FAILED");
  const policy = JSON.parse(Attributes?.RedrivePolicy ?? "{}") as { deadLetterTargetArn?: unknown };
  const QueueName = String(policy.deadLetterTargetArn ?? "")
    .split(":")
    .at(-1);
  if (!QueueName) {
    throw new PubsubError(
      "QUEUE_FAILED",
      "the fan-out queue has no redrive policy that names a dead-letter queue",
    );
  }
  const find = new GetQueueUrlCommand({ QueueName });
  const { QueueUrl } = await guarded("GetQueueUrl", () => client.send(find), "QUEUE_FAILED");
  if (!QueueUrl) throw new PubsubError("QUEUE_FAILED", `no queue is named ${QueueName}`);
  return QueueUrl;
}
