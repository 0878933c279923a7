import { setTimeout as delay } from "node:timers/promises";
import { type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

export interface GatherOptions {
  client: SQSClient;
  queueUrl: string;
  batchSize: number;
  batchWindowMs: number;
  signal: AbortSignal;
}

const SQS_MAX_RECEIVE = 10;
const LONG_POLL_SECONDS = 20;
/** The pause between two receives from an empty queue if the rest of the window is too short for a long poll. */
const SHORT_POLL_INTERVAL_MS = 25;

/**
 * Long-polls for a first message, then collects more until the batch is full or the window has passed. Without a window
 * it returns the messages of the first receive. (Lambda also limits a batch to 6 MB; this function does not.)
 * An abort or a failure after the first receive only ends the collecting: the received messages are returned.
 */
export async function gatherBatch({
  client,
  queueUrl,
  batchSize,
  batchWindowMs,
  signal,
}: GatherOptions): Promise<Message[]> {
  async function receive(wanted: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(wanted, SQS_MAX_RECEIVE),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    return (await client.send(command, { abortSignal: signal })).Messages ?? [];
  }

  const batch = await receive(batchSize, LONG_POLL_SECONDS);
  const windowEndsMs = performance.now() + batchWindowMs;
  while (batch.length > 0 && batch.length < batchSize && !signal.aborted) {
    const remainingMs = windowEndsMs - performance.now();
    if (remainingMs <= 0) break;
    try {
      const waitSeconds = Math.min(LONG_POLL_SECONDS, Math.floor(remainingMs / 1_000));
      const more = await receive(batchSize - batch.length, waitSeconds);
      batch.push(...more);
      if (more.length === 0 && waitSeconds === 0) {
        await delay(Math.min(SHORT_POLL_INTERVAL_MS, remainingMs), undefined, { signal });
      }
    } catch {
      break; // the next call meets the same error before it has received a message, and throws it
    }
  }
  return batch;
}
