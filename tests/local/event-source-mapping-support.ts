import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  createEventSourceMapping,
  type EventSourceMapping,
  type MappingOptions,
} from "../../packages/local/src/event-source-mapping/index.ts";
import { createQueues, type Queues, type SqsLocal, startSqs } from "../../packages/local/src/sqs/index.ts";

export const region = "us-east-1";
let sqs: SqsLocal;
/** The addresses of the test file's SQS server, which this module starts. */
export let client: SQSClient;
const mappings: EventSourceMapping[] = [];

beforeAll(async () => {
  sqs = await startSqs({ region });
  client = new SQSClient({ endpoint: sqs.endpoint, region, credentials: localCredentials });
});
afterEach(async () => {
  await Promise.all(mappings.splice(0).map((mapping) => mapping.stop({ drainMs: 0 })));
});
afterAll(async () => {
  client?.destroy();
  await sqs?.stop();
});

let queueNumber = 0;
/** Creates a pair of queues for one test. No test waits for the visibility timeout: see `bringBack`. */
export function newQueues(maxReceiveCount = 5): Promise<Queues> {
  const name = `test-${++queueNumber}`;
  return createQueues({
    endpoint: sqs.endpoint,
    region,
    credentials: localCredentials,
    fanoutQueueName: name,
    deadLetterQueueName: `${name}-dead`,
    visibilityTimeoutSeconds: 600,
    maxReceiveCount,
  });
}

export interface Started {
  mapping: EventSourceMapping;
  /** The records of each invocation. */
  batches: SQSRecord[][];
  errors: { stage: string; message: string }[];
}

export function start(
  queues: Queues,
  answer: (event: SQSEvent, attempt: number) => unknown,
  options: Partial<MappingOptions> = {},
): Started {
  const batches: SQSRecord[][] = [];
  const errors: Started["errors"] = [];
  const mapping = createEventSourceMapping({
    queueUrl: queues.fanoutQueueUrl,
    queueArn: queues.fanoutQueueArn,
    endpoint: sqs.endpoint,
    region,
    credentials: localCredentials,
    invoke: async (event) => answer(event as SQSEvent, batches.push((event as SQSEvent).Records)),
    onError: (error, stage) => errors.push({ stage, message: String(error) }),
    ...options,
  });
  mappings.push(mapping);
  return { mapping, batches, errors };
}

export async function send(queues: Queues, bodies: string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({
      Id: `m${index}`,
      MessageBody,
      MessageAttributes: { kind: { DataType: "String", StringValue: "test" } },
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: queues.fanoutQueueUrl, Entries }));
  }
}

/** Makes received messages visible again at once, without waiting for their visibility timeout. */
export async function bringBack(
  queues: Queues,
  records: readonly { receiptHandle: string }[],
): Promise<void> {
  const Entries = records.map(({ receiptHandle: ReceiptHandle }, index) => ({
    Id: `m${index}`,
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  const QueueUrl = queues.fanoutQueueUrl;
  const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  expect(Failed).toEqual([]);
}

export async function counts(queueUrl: string): Promise<{ visible: number; hidden: number }> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

export async function depth(queueUrl: string): Promise<number> {
  const { visible, hidden } = await counts(queueUrl);
  return visible + hidden;
}

export const seen = ({ batches }: Started): string[] => batches.flat().map(({ body }) => body);
export const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(index));
