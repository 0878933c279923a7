import type { BatchResultErrorEntry, Message } from "@aws-sdk/client-sqs";
import type { DeadLetters, HeldLetter, LetterFailure, LetterReceipt } from "../../core/dead-letters/port.ts";
import { errorMessage } from "../../core/error-message.ts";
import { DEAD_LETTER_HOLD_MS } from "../../core/limits.ts";
import { guarded } from "../sdk/aws-failure.ts";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from "./commands.ts";
import { readAttributes } from "./dead-letter-attributes.ts";
import { deadLetterQueueOf, type SqsQueue } from "./dead-letter-queue.ts";

/** SQS: the maximum number of messages in one call. */
const MESSAGES_MAX = 10;
const BATCHES_AT_ONCE = 10;
/** A short poll can return nothing although the queue has messages: it asks a sample of SQS's servers. */
const WAIT_SECONDS = 1;

/** Creates access to the dead-letter queue of a fan-out queue. */
export function createSqsDeadLetters(
  fanoutQueue: SqsQueue,
  holdMs: number = DEAD_LETTER_HOLD_MS,
): DeadLetters {
  const { client } = fanoutQueue;
  const deadLetterQueue = deadLetterQueueOf(fanoutQueue);
  const call = <Result>(operation: string, send: (QueueUrl: string) => Promise<Result>): Promise<Result> =>
    deadLetterQueue().then((url) => guarded(operation, () => send(url), "QUEUE_FAILED"));

  return {
    async receive() {
      const request = {
        MaxNumberOfMessages: MESSAGES_MAX,
        VisibilityTimeout: holdMs / 1_000,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ["Code", "Attempts", "Reason"],
        MessageSystemAttributeNames: ["SentTimestamp" as const, "ApproximateReceiveCount" as const],
      };
      const { Messages = [] } = await call("ReceiveMessage", (QueueUrl) =>
        client.send(new ReceiveMessageCommand({ QueueUrl, ...request })),
      );
      return Messages.map(toLetter);
    },
    hold(letters, holdMs) {
      const VisibilityTimeout = holdMs / 1_000;
      return forEachBatch(letters, "ChangeMessageVisibilityBatch", (operation, batch) => {
        const Entries = batch.map((entry) => ({ ...entry, VisibilityTimeout }));
        return call(operation, (QueueUrl) =>
          client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
        );
      });
    },
    remove: (letters) =>
      forEachBatch(letters, "DeleteMessageBatch", (operation, Entries) =>
        call(operation, (QueueUrl) => client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))),
      ),
    async count() {
      const AttributeNames = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
      ] as const;
      const { Attributes = {} } = await call("GetQueueAttributes", (QueueUrl) =>
        client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] })),
      );
      const [visible = 0, held = 0] = AttributeNames.map((name) => Number(Attributes[name] ?? 0));
      return { visible, held };
    },
  };
}

function toLetter({
  MessageId: id = "",
  ReceiptHandle: receipt = "",
  Body: body = "",
  Attributes,
  MessageAttributes,
}: Message): HeldLetter {
  const reason = readAttributes(MessageAttributes);
  const sentAt = Number(Attributes?.SentTimestamp);
  return {
    id,
    receipt,
    body,
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    // Some emulators of SQS have no value here, and 0 would be shown as 1970
    ...(Number.isSafeInteger(sentAt) && sentAt > 0 && { sentAt }),
    ...(reason && { reason }),
  };
}

type SendBatch = (
  operation: string,
  entries: { Id: string; ReceiptHandle: string }[],
) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>;

/**
 * Sends all letters in batches, and returns those that failed. A batch that fails as a whole does not keep the others from
 * being sent. The id of an entry is its place among all entries, because SQS limits the characters of ids.
 */
async function forEachBatch(
  letters: readonly LetterReceipt[],
  operation: string,
  send: SendBatch,
): Promise<LetterFailure[]> {
  const entries = letters.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
  const failures: LetterFailure[] = [];
  const failed = (Id: string | undefined, reason: string): void => {
    failures.push({ id: letters[Number(Id)]?.id ?? "", reason });
  };
  async function sendBatch(batch: typeof entries): Promise<void> {
    try {
      const { Failed = [] } = await send(operation, batch);
      for (const { Id, Code, Message = "", SenderFault } of Failed) {
        // The letter is gone, or another reader holds it
        if (!SenderFault) failed(Id, `${operation}: ${Code} ${Message}`.trim());
      }
    } catch (error) {
      for (const { Id } of batch) failed(Id, errorMessage(error));
    }
  }
  for (let start = 0; start < entries.length; start += BATCHES_AT_ONCE * MESSAGES_MAX) {
    const batches = Array.from({ length: BATCHES_AT_ONCE }, (_, batch) => {
      const first = start + batch * MESSAGES_MAX;
      return entries.slice(first, first + MESSAGES_MAX);
    });
    await Promise.all(batches.filter(({ length }) => length > 0).map(sendBatch));
  }
  return failures;
}
