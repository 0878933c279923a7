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
/** Between two looks at an empty queue within a window too short for a long poll, which counts in seconds. */
const SHORT_POLL_INTERVAL_MS = 25;

/**
 * Long-polls for a first message, then collects more until the batch is full or the window has passed; without
 * a window it takes what the first receive gives. (Lambda also cuts a batch at 6 MB, which this does not.)
 * An abort or a failure after the first message only ends the gathering: what has been received is not lost.
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
      break; // the next gathering meets the same error with nothing in hand, and reports it
    }
  }
  return batch;
}
