import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import type { SqsFault } from "../../packages/local/src/faults/call-fault-types.ts";
import { createQueues, type SqsLocal, startSqs } from "../../packages/local/src/sqs/index.ts";
import { rejectionOf } from "../support/samples.ts";

const access = { region: "us-east-1", credentials: localCredentials };
let sqs: SqsLocal;
let client: SQSClient;
let QueueUrl: string;
let queues = 0;

beforeAll(async () => {
  sqs = await startSqs({ region: access.region });
  client = new SQSClient({ endpoint: sqs.endpoint, ...access, maxAttempts: 1 });
});
afterEach(() => sqs.faults.clear());
afterAll(async () => {
  client?.destroy();
  await sqs?.stop();
});

async function newQueue(): Promise<void> {
  const fanoutQueueName = `faulty-${++queues}`;
  ({ fanoutQueueUrl: QueueUrl } = await createQueues({ endpoint: sqs.endpoint, ...access, fanoutQueueName }));
}

const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const sendBatch = (bodies: string[]) =>
  client.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );

async function count(): Promise<number> {
  const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
  return Number((await client.send(get)).Attributes?.ApproximateNumberOfMessages);
}

it.each([
  ["RequestThrottled", 403],
  ["InternalFailure", 500],
  ["ServiceUnavailable", 503],
  ["AccessDenied", 403],
  ["KmsAccessDenied", 400],
  ["KmsDisabled", 400],
  ["KmsInvalidKeyUsage", 400],
  ["KmsInvalidState", 400],
  ["KmsNotFound", 400],
  ["KmsOptInRequired", 403],
  ["KmsThrottled", 400],
  ["QueueDoesNotExist", 400],
  ["InvalidAddress", 404],
  ["InvalidSecurity", 403],
  ["BatchRequestTooLong", 400],
  ["UnsupportedOperation", 400],
] as const)("refuses calls with %s, and does not make them", async (error, httpStatusCode) => {
  await newQueue();
  sqs.faults.add({ operations: ["SendMessage"], error });
  expect(await rejectionOf(send("refused"))).toMatchObject({ name: error, $metadata: { httpStatusCode } });
  expect(await count()).toBe(0);
});

it.each([
  ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"],
  ["KmsThrottled", "KMS.ThrottlingException"],
  ["AccessDenied", "AccessDenied"],
] as const)("sends %s with its query name %s in the header", async (error, Code) => {
  await newQueue();
  sqs.faults.add({ operations: ["SendMessage"], error });
  expect(await rejectionOf(send("refused"))).toMatchObject({ name: error, Code, Type: "Sender" });
});

it("names a missing queue in the same way as the queue service itself", async () => {
  await newQueue();
  const isMissing = { name: "QueueDoesNotExist", Code: "AWS.SimpleQueueService.NonExistentQueue" };
  const missing = new SendMessageCommand({ QueueUrl: `${QueueUrl}-none`, MessageBody: "to nowhere" });
  expect(await rejectionOf(client.send(missing))).toMatchObject(isMissing);
  sqs.faults.add({ operations: ["SendMessage"], error: "QueueDoesNotExist" });
  expect(await rejectionOf(send("refused"))).toMatchObject(isMissing);
});

it("resets calls before or after they are made, so that the sender repeats them", async () => {
  await newQueue();
  sqs.faults.add({ operations: ["SendMessage"], times: 1, act: "reset" });
  sqs.faults.add({ operations: ["SendMessage"], times: 1, act: "lose-answer" });
  expect(await rejectionOf(send("reset"))).toMatchObject({ code: "ECONNRESET" });
  expect(await count()).toBe(0);
  expect(await rejectionOf(send("lost"))).toMatchObject({ code: "ECONNRESET" });
  await send("lost");
  expect(await count()).toBe(2);
});

it("delays a call for the given time and then makes it", async () => {
  await newQueue();
  sqs.faults.add({ operations: ["SendMessage"], delayMs: 150 });
  const startedMs = performance.now();
  await send("slow");
  expect(performance.now() - startedMs).toBeGreaterThan(140);
  expect(await count()).toBe(1);
});

it("executes a part of a batch and reports the rest as failed by the service", async () => {
  await newQueue();
  sqs.faults.add({ act: "partly", times: 1 });
  const bodies = Array.from({ length: 10 }, (_, index) => `message ${index}`);
  const { Successful = [], Failed = [] } = await sendBatch(bodies);
  expect(Failed.length).toBeGreaterThan(0);
  expect(Successful.length).toBeGreaterThan(0);
  expect([...Successful, ...Failed].map(({ Id }) => Number(Id)).sort()).toEqual(
    bodies.map((_, index) => index),
  );
  expect(Failed[0]).toMatchObject({ Code: "InternalError", SenderFault: false });
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await client.send(receive);
  expect(Messages.map(({ Body }) => Body).sort()).toEqual(
    Successful.map(({ Id }) => bodies[Number(Id)]).sort(),
  );
});

it("reports the entry of a batch of one as failed", async () => {
  await newQueue();
  sqs.faults.add({ act: "partly", times: 1 });
  const { Successful, Failed } = await sendBatch(["alone"]);
  expect([Successful, Failed?.length]).toEqual([[], 1]);
  expect(await count()).toBe(0);
});

it("sends no response for hang until the caller gives up", async () => {
  await newQueue();
  const arrived = Promise.withResolvers<void>();
  sqs.faults.add({
    act: "hang",
    match: () => {
      arrived.resolve();
      return true;
    },
  });
  const givingUp = new AbortController();
  const command = new SendMessageCommand({ QueueUrl, MessageBody: "hanging" });
  const sent = rejectionOf(client.send(command, { abortSignal: givingUp.signal }));
  await arrived.promise;
  givingUp.abort();
  expect(await sent).toMatchObject({ name: "AbortError" });
  sqs.faults.clear();
  expect(await count()).toBe(0);
});

it.each([
  [{}, /needs one of error, act and delayMs, got none/],
  [{ indexLagMs: 1 }, / has no option indexLagMs; it has /],
  [{ error: "ThrottlingException" }, /^error must be one of RequestThrottled/],
])("refuses a rule like %j", (fault, message) => {
  expect(() => sqs.faults.add(fault as SqsFault)).toThrow(message);
});
