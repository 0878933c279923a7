import { DeleteMessageBatchCommand, type Message, type SQSClient } from "@aws-sdk/client-sqs";

const SQS_MAX_BATCH = 10;

/** Deletes them all; returns how many it could not, which the queue will give out again. */
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
