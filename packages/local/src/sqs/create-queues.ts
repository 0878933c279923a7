import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Credentials } from "../credentials.ts";

export interface QueuesOptions {
  endpoint: string;
  region: string;
  credentials: Credentials;
  fanoutQueueName?: string;
  deadLetterQueueName?: string;
  visibilityTimeoutSeconds?: number;
  maxReceiveCount?: number;
}

export interface Queues {
  fanoutQueueUrl: string;
  fanoutQueueArn: string;
  deadLetterQueueUrl: string;
  deadLetterQueueArn: string;
}

const DEAD_LETTER_RETENTION_SECONDS = 14 * 86_400; // SQS's longest

export async function createQueues({
  endpoint,
  region,
  credentials,
  fanoutQueueName = "pubsub-fanout",
  deadLetterQueueName = "pubsub-dead-letters",
  visibilityTimeoutSeconds = 30,
  maxReceiveCount = 5,
}: QueuesOptions): Promise<Queues> {
  const client = new SQSClient({ endpoint, region, credentials });
  try {
    const deadLetters = await createQueue(client, deadLetterQueueName, {
      MessageRetentionPeriod: String(DEAD_LETTER_RETENTION_SECONDS),
    });
    const fanout = await createQueue(client, fanoutQueueName, {
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount }),
    });
    return {
      fanoutQueueUrl: fanout.url,
      fanoutQueueArn: fanout.arn,
      deadLetterQueueUrl: deadLetters.url,
      deadLetterQueueArn: deadLetters.arn,
    };
  } finally {
    client.destroy();
  }
}

async function createQueue(
  client: SQSClient,
  name: string,
  attributes: Record<string, string>,
): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url = "" } = await client.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  return { url, arn: Attributes?.QueueArn ?? "" };
}
