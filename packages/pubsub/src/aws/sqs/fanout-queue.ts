import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { PubsubError } from "../../core/errors.ts";
import type { Clock, FanoutQueue, QueuedMessage } from "../../core/ports.ts";
import { utf8Length } from "../../core/utf8.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { toAttributes } from "./dead-letter-attributes.ts";
import { deadLetterQueueOf, type SqsQueue } from "./dead-letter-queue.ts";

/** SQS: the maximum number of entries, and of bytes, in one SendMessageBatch. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_BYTES_MAX = 1_000_000;
const PARTIAL_TRIES = 5;

export function createSqsFanoutQueue(queue: SqsQueue, clock: Clock): FanoutQueue {
  const { client, queueUrl } = queue;
  const deadLetterQueue = deadLetterQueueOf(queue);

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
      const send = {
        QueueUrl: await deadLetterQueue(),
        MessageBody: body,
        MessageAttributes: toAttributes(reason),
      };
      await guardedSend("SendMessage", () => client.send(new SendMessageCommand(send)));
    },
  };
}

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
