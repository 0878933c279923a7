import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createQueues, type Queues, type SqsLocal, startSqs } from "../../packages/local/src/sqs/index.ts";

const region = "eu-central-1";
let sqs: SqsLocal;
let queues: Queues;
let client: SQSClient;

beforeAll(async () => {
  sqs = await startSqs({ region });
  client = new SQSClient({ endpoint: sqs.endpoint, region, credentials: localCredentials });
  queues = await createQueues({
    endpoint: sqs.endpoint,
    region,
    credentials: localCredentials,
    visibilityTimeoutSeconds: 7,
    maxReceiveCount: 3,
  });
});
afterAll(async () => {
  client?.destroy();
  await sqs?.stop();
});

it("returns queue URLs with an address that every resolver knows", () => {
  expect(queues.fanoutQueueUrl).toBe(`${sqs.endpoint}/000000000000/pubsub-fanout`);
  expect(queues.deadLetterQueueUrl).toBe(`${sqs.endpoint}/000000000000/pubsub-dead-letters`);
  expect(sqs.endpoint).toBe(`http://127.0.0.1:${sqs.port}`);
});

it("has a redrive policy from which a worker can find the dead-letter queue", async () => {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queues.fanoutQueueUrl, AttributeNames: ["All"] }),
  );
  expect(Attributes?.VisibilityTimeout).toBe("7");
  const policy = JSON.parse(Attributes?.RedrivePolicy ?? "") as Record<string, unknown>;
  expect(policy).toEqual({ deadLetterTargetArn: queues.deadLetterQueueArn, maxReceiveCount: 3 });
  const name = String(policy.deadLetterTargetArn).split(":").at(-1);
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
  expect(QueueUrl).toBe(queues.deadLetterQueueUrl);
});

it("accepts calls of a client whose endpoint is a queue's URL", async () => {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const bare = new SQSClient({ region, credentials: localCredentials, logger: silent });
  await bare.send(new SendMessageCommand({ QueueUrl: queues.fanoutQueueUrl, MessageBody: "hello" }));
  const { Messages } = await bare.send(
    new ReceiveMessageCommand({ QueueUrl: queues.fanoutQueueUrl, WaitTimeSeconds: 1 }),
  );
  bare.destroy();
  expect(Messages?.map(({ Body }) => Body)).toEqual(["hello"]);
});

it("does not change bodies that look like its own URLs", async () => {
  const body = '{"url":"http://sqs.eu-central-1.localhost:1/x"}';
  await client.send(new SendMessageCommand({ QueueUrl: queues.deadLetterQueueUrl, MessageBody: body }));
  const { Messages } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queues.deadLetterQueueUrl, WaitTimeSeconds: 1 }),
  );
  expect(Messages?.[0]?.Body).toBe(body);
});
