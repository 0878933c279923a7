import type { BatchResultErrorEntry, SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { PubsubError } from "../../core/errors.ts";
import type { Clock, FanoutQueue, QueuedMessage } from "../../core/ports.ts";
import { utf8Length } from "../../core/utf8.ts";
import {
  isInconclusive,
  type TryLimits,
  throttled,
  unlessThrottled,
  untilConclusive,
} from "../sdk/until-conclusive.ts";
import { SendMessageBatchCommand, SendMessageCommand } from "./commands.ts";
import { toAttributes } from "./dead-letter-attributes.ts";
import { deadLetterQueueOf, type SqsQueue } from "./dead-letter-queue.ts";

/** SQS: the maximum number of entries, and of bytes, in one SendMessageBatch. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_BYTES_MAX = 1_000_000;
/** Our own limits: short, because a fan-out worker sends in the last seconds of its time. */
const SEND_LIMITS: TryLimits = { maxTries: 5, maxMs: 2_500 };

export function createSqsFanoutQueue(queue: SqsQueue, clock: Clock): FanoutQueue {
  const { client, queueUrl } = queue;
  const deadLetterQueue = deadLetterQueueOf(queue);

  async function sendBatch(entries: SendMessageBatchRequestEntry[]): Promise<void> {
    let left = entries;
    await untilConclusive(clock, SEND_LIMITS, async () => {
      const batch = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left });
      const sent = await unlessThrottled("QUEUE_FAILED", "SendMessageBatch", () => client.send(batch));
      if (isInconclusive(sent)) return sent;
      const { Failed = [] } = sent;
      left = left.filter(({ Id }) => Failed.some((entry) => entry.Id === Id));
      if (left.length === 0) return undefined;
      const failure = refusedEntries(Failed, entries.length);
      if (!failure.retryable) throw failure;
      return throttled(failure);
    });
  }

  return {
    durable: true,
    async send(messages) {
      await Promise.all(inBatches(messages).map(sendBatch));
    },
    async deadLetter(body, reason) {
      const send = new SendMessageCommand({
        QueueUrl: await deadLetterQueue(),
        MessageBody: body,
        MessageAttributes: toAttributes(reason),
      });
      await untilConclusive(clock, SEND_LIMITS, () =>
        unlessThrottled("QUEUE_FAILED", "SendMessage", () => client.send(send)),
      );
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

/** SQS says of each entry that failed whether its sender is at fault, who would be at fault again. */
function refusedEntries(failed: readonly BatchResultErrorEntry[], count: number): PubsubError {
  const final = failed.find(({ SenderFault }) => SenderFault);
  const { Code: code, Message: message } = final ?? failed[0] ?? {};
  return new PubsubError("QUEUE_FAILED", `SendMessageBatch refused ${failed.length} of ${count}: ${code}`, {
    retryable: final === undefined,
    context: { code, message },
  });
}
