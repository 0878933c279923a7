import { DeleteMessageBatchCommand, type Message, type SQSClient } from "@aws-sdk/client-sqs";

const SQS_MAX_BATCH = 10;

/** Deletes the messages. Returns how many deletes failed: the queue will deliver those messages again. */
export async function deleteMessages(
  client: SQSClient,
  queueUrl: string,
  messages: readonly Message[],
): Promise<{ deleted: number; refused: number }> {
  let refused = 0;
  for (let start = 0; start < messages.length; start += SQS_MAX_BATCH) {
    const chunk = messages.slice(start, start + SQS_MAX_BATCH);
    const { Failed = [] } = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: chunk.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle })),
      }),
    );
    refused += Failed.length;
  }
  return { deleted: messages.length - refused, refused };
}
