import {
  type BatchResultErrorEntry,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { PubsubError } from "../errors.ts";
import type { Clock, DeadLetterReason, FanoutQueue, QueuedMessage } from "../ports.ts";
import { utf8Length } from "../utf8.ts";
import { guarded } from "./aws-failure.ts";

/** SQS: the most entries, and the most bytes, of one SendMessageBatch. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_BYTES_MAX = 1_000_000;
const PARTIAL_TRIES = 5;
const REASON_LENGTH_MAX = 512;

export function createSqsFanoutQueue(
  { client, queueUrl }: { client: SQSClient; queueUrl: string },
  clock: Clock,
): FanoutQueue {
  let deadLetterQueueUrl: Promise<string> | undefined;

  async function sendBatch(entries: SendMessageBatchRequestEntry[]): Promise<void> {
    let left = entries;
    let failed: BatchResultErrorEntry[] = [];
    for (let tries = 0; tries < PARTIAL_TRIES && left.length > 0; tries++) {
      if (tries > 0) await clock.sleep(clock.random() * 50 * 2 ** tries);
      const batch = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left });
      const { Failed = [] } = await guardedSend("SendMessageBatch", () => client.send(batch));
      failed = Failed;
      left = left.filter(({ Id }) => Failed.some((entry) => entry.Id === Id));
      if (Failed.some(({ SenderFault }) => SenderFault)) break;
    }
    if (left.length === 0) return;
    const [first] = failed;
    throw new PubsubError(
      "QUEUE_FAILED",
      `SendMessageBatch refused ${left.length} of ${entries.length}: ${first?.Code}`,
      {
        retryable: !failed.some(({ SenderFault }) => SenderFault),
        context: { code: first?.Code, message: first?.Message },
      },
    );
  }

  return {
    durable: true,
    async send(messages) {
      await Promise.all(inBatches(messages).map(sendBatch));
    },
    async deadLetter(body, reason) {
      deadLetterQueueUrl ??= findDeadLetterQueue(client, queueUrl);
      const url = await deadLetterQueueUrl.catch((error: unknown) => {
        deadLetterQueueUrl = undefined;
        throw error;
      });
      const send = { QueueUrl: url, MessageBody: body, MessageAttributes: attributesOf(reason) };
      await guardedSend("SendMessage", () => client.send(new SendMessageCommand(send)));
    },
  };
}

/** The queue that the fan-out queue's own redrive policy names. */
async function findDeadLetterQueue(client: SQSClient, queueUrl: string): Promise<string> {
  const get = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
  const { Attributes } = await guardedSend("GetQueueAttributes", () => client.send(get));
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
  const { QueueUrl } = await guardedSend("GetQueueUrl", () =>
    client.send(new GetQueueUrlCommand({ QueueName })),
  );
  if (!QueueUrl) throw new PubsubError("QUEUE_FAILED", `no queue is named ${QueueName}`);
  return QueueUrl;
}

const attributesOf = ({
  code,
  message,
  attempts,
}: DeadLetterReason): SendMessageCommand["input"]["MessageAttributes"] => ({
  Code: { DataType: "String", StringValue: code },
  Attempts: { DataType: "Number", StringValue: String(attempts) },
  Reason: { DataType: "String", StringValue: message.slice(0, REASON_LENGTH_MAX) || "unknown" },
});

function inBatches(messages: readonly QueuedMessage[]): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  messages.forEach(({ body, delaySeconds }, index) => {
    const size = utf8Length(body);
    const last = batches.at(-1);
    const entry = { Id: String(index), MessageBody: body, DelaySeconds: delaySeconds };
    if (last && last.length < BATCH_ENTRIES_MAX && bytes + size <= BATCH_BYTES_MAX) last.push(entry);
    else batches.push([entry]);
    bytes = batches.at(-1)?.length === 1 ? size : bytes + size;
  });
  return batches;
}

const guardedSend = <Result>(operation: string, call: () => Promise<Result>): Promise<Result> =>
  guarded(operation, call, "QUEUE_FAILED");
