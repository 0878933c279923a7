/** SQS refuses whole calls for reasons of which some pass and some do not. Its test double never does. */
import { randomUUID } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import type { SqsErrorName } from "../../../packages/local/src/faults/call-fault-types.ts";
import { createQueues, type SqsLocal, startSqs } from "../../../packages/local/src/sqs/index.ts";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import type { FanoutQueue } from "../../../packages/pubsub/src/core/ports.ts";
import { directSqs } from "../../support/direct-calls.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { rejectionOf } from "../../support/samples.ts";
import { receiveAll } from "../../support/sqs-queues.ts";

const access = { region: "us-east-1", credentials: localCredentials };
const messages = [{ body: "message", delaySeconds: 0 }];
const reason = { code: "DELIVERY_ABANDONED", message: "gone", attempts: 8 };

const FINAL: readonly SqsErrorName[] = [
  "AccessDenied",
  "BatchRequestTooLong",
  "InvalidAddress",
  "InvalidSecurity",
  "KmsAccessDenied",
  "KmsDisabled",
  "KmsInvalidKeyUsage",
  "KmsInvalidState",
  "KmsNotFound",
  "KmsOptInRequired",
  "QueueDoesNotExist",
  "UnsupportedOperation",
];
const THROTTLED: readonly SqsErrorName[] = ["KmsThrottled", "RequestThrottled"];
const BROKEN: readonly SqsErrorName[] = ["InternalFailure", "ServiceUnavailable"];

let sqs: SqsLocal;
beforeAll(async () => {
  sqs = await startSqs({ region: access.region });
});
afterEach(() => sqs.faults.clear());
afterAll(() => sqs?.stop());

describe.each(["direct", "sdk"] as const)("a send by the transport %s", (transport) => {
  let client: SQSClient;
  let queueUrl: string;
  let deadLetterQueueUrl: string;
  let clock: ManualClock;
  let queue: FanoutQueue;
  beforeAll(async () => {
    const alone = new SQSClient({ endpoint: sqs.endpoint, ...access, maxAttempts: 1 });
    client = transport === "sdk" ? alone : directSqs(alone, () => {});
    const [fanoutQueueName, deadLetterQueueName] = [`fanout-${randomUUID()}`, `letters-${randomUUID()}`];
    const names = { fanoutQueueName, deadLetterQueueName };
    const created = await createQueues({ endpoint: sqs.endpoint, ...access, ...names });
    ({ fanoutQueueUrl: queueUrl, deadLetterQueueUrl } = created);
    clock = createManualClock({ random: () => 0.5 });
    queue = createSqsFanoutQueue({ client, queueUrl }, clock);
    // The SDK makes the first call to an endpoint, from which direct calls learn it
    await queue.send(messages);
    await receiveAll(client, queueUrl);
    return () => client.destroy();
  });

  it.each(FINAL)("that SQS refuses with %s rejects as not retryable, without another try", async (error) => {
    sqs.faults.add({ operations: ["SendMessageBatch"], error });
    const sleepsBefore = clock.slept.length;
    expect(await rejectionOf(queue.send(messages))).toMatchObject({
      code: "QUEUE_FAILED",
      retryable: false,
      context: { operation: "SendMessageBatch", awsError: error },
    });
    expect(clock.slept.length).toBe(sleepsBefore);
  });

  it.each([...THROTTLED, ...BROKEN])(
    "that SQS keeps refusing with %s rejects as retryable",
    async (error) => {
      sqs.faults.add({ operations: ["SendMessageBatch"], error });
      expect(await rejectionOf(queue.send(messages))).toMatchObject({
        code: "QUEUE_FAILED",
        retryable: true,
        context: { awsError: error },
      });
    },
  );

  it.each(THROTTLED)("that SQS refuses at first with %s is made after a pause", async (error) => {
    sqs.faults.add({ operations: ["SendMessageBatch", "SendMessage"], error, times: 3 });
    const sleepsBefore = clock.slept.length;
    await queue.send(messages);
    expect(clock.slept.length).toBeGreaterThan(sleepsBefore);
    expect((await receiveAll(client, queueUrl)).map(({ Body }) => Body)).toEqual(["message"]);
  });

  it("of a dead letter that KMS throttles at first is made after a pause", async () => {
    sqs.faults.add({ operations: ["SendMessage"], error: "KmsThrottled", times: 2 });
    await queue.deadLetter("letter", reason);
    expect((await receiveAll(client, deadLetterQueueUrl)).map(({ Body }) => Body)).toEqual(["letter"]);
  });
});
