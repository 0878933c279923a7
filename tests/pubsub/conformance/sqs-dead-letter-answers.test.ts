/** Tests responses about dead letters that SQS can send, but its test double sends never or only sometimes. */
import {
  type DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { createSqsDeadLetters } from "../../../packages/pubsub/src/aws/sqs/dead-letters.ts";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { openLetter } from "../../../packages/pubsub/src/core/dead-letters/dead-letter.ts";
import type { HeldLetter } from "../../../packages/pubsub/src/core/dead-letters/port.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { rejectionOf } from "../../support/samples.ts";
import { receiveAll, testSqs } from "../../support/sqs-queues.ts";

const sqs = testSqs();

/** Keeps the entry with this id from the queue and responds that it failed. */
function failDeletion(client: SQSClient, failing: string): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "DeleteMessageBatchCommand") return next(args);
        const input = args.input as DeleteMessageBatchCommand["input"];
        const Entries = (input.Entries ?? []).filter(({ Id }) => Id !== failing);
        const Failed = [{ Id: failing, Code: "InternalError", Message: "try later", SenderFault: false }];
        const result = await next({ ...args, input: { ...input, Entries } });
        return { ...result, output: { ...result.output, Failed } };
      },
    { step: "initialize", name: "failDeletion" },
  );
}

it("reports which letters were not removed, and why", async () => {
  const { client, queueUrl, deadLetterQueueUrl } = await sqs.queues();
  for (let n = 0; n < 3; n++) {
    await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: `letter ${n}` }));
  }
  failDeletion(client, "1");
  const deadLetters = createSqsDeadLetters({ client, queueUrl });
  const held = await deadLetters.receive();
  const left = await deadLetters.remove(held);
  expect(left).toEqual([{ id: held[1]?.id, reason: "DeleteMessageBatch: InternalError try later" }]);
  await deadLetters.hold(held, 0);
  expect((await receiveAll(client, deadLetterQueueUrl)).map(({ MessageId }) => MessageId)).toEqual([
    held[1]?.id,
  ]);
});

// One throttled call left the letters of all later ones hidden for up to five minutes
it("gives back the letters of every other call if one call fails, and reports those that it could not", async () => {
  const { client, queueUrl, deadLetterQueueUrl } = await sqs.queues();
  for (let n = 0; n < 13; n++) {
    await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: `letter ${n}` }));
  }
  const deadLetters = createSqsDeadLetters({ client, queueUrl });
  const held: HeldLetter[] = [];
  while (held.length < 13) held.push(...(await deadLetters.receive()));
  let calls = 0;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "ChangeMessageVisibilityBatchCommand" && ++calls === 1)
          throw new Error("throttled");
        return next(args);
      },
    { step: "initialize", name: "failFirst" },
  );
  const failures = await deadLetters.hold(held, 0);
  expect(failures.map(({ id }) => id)).toEqual(held.slice(0, 10).map(({ id }) => id));
  expect(failures[0]?.reason).toContain("throttled");
  const shown = (await receiveAll(client, deadLetterQueueUrl)).map(({ MessageId }) => MessageId);
  expect(shown.toSorted()).toEqual(
    held
      .slice(10)
      .map(({ id }) => id)
      .toSorted(),
  );
});

it("rejects with the library's own error if the queue has no dead-letter queue or does not exist", async () => {
  const { client, queueUrl } = await sqs.bareQueue();
  const policy = "the fan-out queue has no redrive policy that names a dead-letter queue";
  const bare = createSqsDeadLetters({ client, queueUrl });
  expect(await rejectionOf(bare.receive())).toMatchObject({ code: "QUEUE_FAILED", message: policy });
  const none = createSqsDeadLetters({ client, queueUrl: `${queueUrl}-none` });
  expect(await rejectionOf(none.count())).toMatchObject({ code: "QUEUE_FAILED", retryable: false });
});

it("returns a letter that the queue's redrive policy moved, with its number of receptions", async () => {
  const { client, queueUrl } = await sqs.queues();
  const page = { kind: "topic" as const, topicId: "t", epoch: "0m1c2d3e4", offsets: [1], step: 1 };
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: encodeFanoutMessage(page) }));
  const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 });
  for (let receives = 1; (await client.send(receive)).Messages?.length; receives++) {
    expect(receives).toBeLessThanOrEqual(100);
  }
  const [letter, ...others] = await createSqsDeadLetters({ client, queueUrl }).receive();
  expect(others).toEqual([]);
  expect(letter).not.toHaveProperty("reason");
  const opened = openLetter(letter as HeldLetter);
  expect(opened.message).toEqual(page);
  expect(opened.letter).toMatchObject({ code: "MAX_RECEIVES", topicId: "t", offsets: [1], step: 1 });
  expect(opened.letter.attempts).toBe(letter?.receiveCount);
});

// sentAt was 0 before, and `pubsub dlq` showed it as 1970.
it.each([
  ["no attributes", undefined],
  ["no time", { ApproximateReceiveCount: "2" }],
  ["an empty time", { SentTimestamp: "" }],
  ["what is no time", { SentTimestamp: "yesterday" }],
])("omits sentAt from a letter if the queue returns %s", async (_, Attributes) => {
  const { client, queueUrl, deadLetterQueueUrl } = await sqs.queues();
  await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: "letter" }));
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        if (commandName !== "ReceiveMessageCommand") return result;
        const { Messages = [] } = result.output as { Messages?: object[] };
        return {
          ...result,
          output: { ...result.output, Messages: Messages.map((m) => ({ ...m, Attributes })) },
        };
      },
    { step: "initialize", name: "otherAttributes" },
  );
  const [letter] = await createSqsDeadLetters({ client, queueUrl }).receive();
  expect(letter?.body).toBe("letter");
  expect(letter).not.toHaveProperty("sentAt");
  expect(openLetter(letter as HeldLetter).letter).not.toHaveProperty("sentAt");
});

// A regression: an invalid field of a message contained U+FFFE, or an emoji that was cut in two. SQS rejected the
// attributes with the reason, so the message was redelivered until the redrive policy moved it without a reason.
it("accepts a reason that quotes any character", async () => {
  const { client, queueUrl } = await sqs.queues();
  const message = `kind must be "page"; got "\ufffe \u0000 ü ${"x".repeat(483)}\u{1f4a1}"`;
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  await queue.deadLetter("{}", { code: "INVALID_MESSAGE", message, attempts: 1 });
  const [letter] = await createSqsDeadLetters({ client, queueUrl }).receive();
  const told = letter?.reason?.message ?? "";
  expect(told).toMatch(/^kind must be "page"; got "\ufffd \ufffd ü x+/);
  expect(told.length).toBeLessThanOrEqual(512);
});
