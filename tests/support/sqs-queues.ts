import { randomUUID } from "node:crypto";
import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  type SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createQueues, type SqsLocal, startSqs } from "../../packages/local/src/sqs/index.ts";
import { readTransport } from "../../packages/pubsub/src/aws/sdk/transport-switch.ts";
import { directSqs } from "./direct-calls.ts";

const region = "us-east-1";

export interface TestQueues {
  client: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** `DelaySeconds` of every message that was sent through `client`. */
  delays: number[];
}

export interface TestSqs {
  /** Creates a fan-out queue with a dead-letter queue and its own client. No other test uses them. */
  queues(): Promise<TestQueues>;
  /** Creates a queue without a redrive policy. */
  bareQueue(): Promise<{ client: SQSClient; queueUrl: string }>;
}

/** Starts an SQS for a test file. It stops after the file. */
export function testSqs(): TestSqs {
  let started: Promise<SqsLocal> | undefined;
  const clients: SQSClient[] = [];
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await (await started)?.stop();
  });
  const connect = async (): Promise<{ client: SQSClient; endpoint: string }> => {
    started ??= startSqs({ region });
    const { endpoint } = await started;
    const alone = new SQSClient({ endpoint, region, credentials: localCredentials });
    const client = readTransport() === "sdk" ? alone : directSqs(alone, () => {});
    clients.push(client);
    return { client, endpoint };
  };
  return {
    async queues() {
      const { client, endpoint } = await connect();
      const name = randomUUID();
      const { fanoutQueueUrl, deadLetterQueueUrl } = await createQueues({
        endpoint,
        region,
        credentials: localCredentials,
        fanoutQueueName: `fanout-${name}`,
        deadLetterQueueName: `dead-letters-${name}`,
      });
      return { client, queueUrl: fanoutQueueUrl, deadLetterQueueUrl, delays: delaysOf(client) };
    },
    async bareQueue() {
      const { client } = await connect();
      const { QueueUrl: queueUrl = "" } = await client.send(
        new CreateQueueCommand({ QueueName: `bare-${randomUUID()}` }),
      );
      return { client, queueUrl };
    },
  };
}

function delaysOf(client: SQSClient): number[] {
  const delays: number[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      const { Entries = [] } = args.input as SendMessageBatchCommand["input"];
      for (const { DelaySeconds } of Entries) delays.push(DelaySeconds ?? 0);
      return next(args);
    },
    { step: "initialize", name: "recordDelays" },
  );
  return delays;
}

/** Receives messages until no visible message is left. */
export async function receiveAll(client: SQSClient, queueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await client.send(receive);
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
}
