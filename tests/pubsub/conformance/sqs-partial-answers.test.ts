/** SQS can respond that some entries of a batch failed. Its test double never does. */
import type { BatchResultErrorEntry, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import type { QueuedMessage } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { rejectionOf } from "../../support/samples.ts";
import { receiveAll, testSqs } from "../../support/sqs-queues.ts";

const sqs = testSqs();

const messages = (count: number): QueuedMessage[] =>
  Array.from({ length: count }, (_, n) => ({ body: `message ${n}`, delaySeconds: 0 }));
const bodies = (count: number): string[] => messages(count).map(({ body }) => body);

/** Keeps entries of batches from the queue and responds that they failed. Counts the batches that were sent. */
function failEntries(
  client: SQSClient,
  fails: (body: string, batch: number) => Partial<BatchResultErrorEntry> | undefined,
): { batches: string[][] } {
  const batches: string[][] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== "SendMessageBatchCommand") return next(args);
      const input = args.input as SendMessageBatchCommand["input"];
      const entries = input.Entries ?? [];
      batches.push(entries.map(({ MessageBody = "" }) => MessageBody));
      const failed: BatchResultErrorEntry[] = [];
      const Entries = entries.filter(({ Id, MessageBody = "" }) => {
        const failure = fails(MessageBody, batches.length);
        if (failure) failed.push({ Id, Code: "InternalError", SenderFault: false, ...failure });
        return failure === undefined;
      });
      if (Entries.length === 0) return { output: { $metadata: {}, Failed: failed }, response: {} };
      const result = await next({ ...args, input: { ...input, Entries } });
      return { ...result, output: { ...result.output, Failed: failed } };
    },
    { step: "initialize", name: "failEntries" },
  );
  return { batches };
}

it("sends the entries that failed again, and no others", async () => {
  const { client, queueUrl } = await sqs.queues();
  const { batches } = failEntries(client, (body, batch) =>
    /[37]$/.test(body) && batch === 1 ? {} : undefined,
  );
  await createSqsFanoutQueue({ client, queueUrl }, createManualClock()).send(messages(10));
  expect(batches).toEqual([bodies(10), ["message 3", "message 7"]]);
  expect((await receiveAll(client, queueUrl)).map(({ Body }) => Body).sort()).toEqual(bodies(10));
});

it("rejects with a retryable error that counts the entries if they keep failing", async () => {
  const { client, queueUrl } = await sqs.queues();
  const { batches } = failEntries(client, (body) =>
    body === "message 1" ? { Code: "InternalError", Message: "try later" } : undefined,
  );
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  expect(await rejectionOf(queue.send(messages(3)))).toMatchObject({
    code: "QUEUE_FAILED",
    retryable: true,
    message: expect.stringContaining("1 of 3"),
    context: { code: "InternalError", message: "try later" },
  });
  expect(batches.length).toBeGreaterThan(1);
  expect(batches.slice(1).every((batch) => batch.length === 1)).toBe(true);
});

it("does not retry an entry that SQS reports as the sender's fault", async () => {
  const { client, queueUrl } = await sqs.queues();
  const { batches } = failEntries(client, (body) =>
    body === "message 0" ? { Code: "InvalidMessageContents", SenderFault: true } : undefined,
  );
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  expect(await rejectionOf(queue.send(messages(2)))).toMatchObject({
    code: "QUEUE_FAILED",
    retryable: false,
    message: expect.stringContaining("InvalidMessageContents"),
  });
  expect(batches).toHaveLength(1);
});

it("rejects when one of several batches fails", async () => {
  const { client, queueUrl } = await sqs.queues();
  failEntries(client, (body) => (body === "message 24" ? {} : undefined));
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  expect(await rejectionOf(queue.send(messages(25)))).toMatchObject({ code: "QUEUE_FAILED" });
});

it("rejects if the queue has no redrive policy, and reads the policy again next time", async () => {
  const { client, queueUrl } = await sqs.bareQueue();
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  for (let times = 0; times < 2; times++) {
    const reason = { code: "DELIVERY_ABANDONED", message: "gone", attempts: 8 };
    expect(await rejectionOf(queue.deadLetter("body", reason))).toMatchObject({
      code: "QUEUE_FAILED",
      retryable: false,
      message: "the fan-out queue has no redrive policy that names a dead-letter queue",
    });
  }
});

it("rejects with the library's own, not retryable error if the queue does not exist", async () => {
  const { client, queueUrl } = await sqs.bareQueue();
  const queue = createSqsFanoutQueue({ client, queueUrl: `${queueUrl}-none` }, createManualClock());
  const error = await rejectionOf(queue.send(messages(1)));
  expect(error).toMatchObject({ name: "PubsubError", code: "QUEUE_FAILED", retryable: false });
  expect((error as Error).cause).toBeInstanceOf(Error);
});
