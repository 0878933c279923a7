import { setTimeout as delay } from "node:timers/promises";
import { type Message, SQSClient } from "@aws-sdk/client-sqs";
import { readBatchResponse } from "./batch-response.ts";
import { deleteMessages } from "./delete-messages.ts";
import { gatherBatch } from "./gather-batch.ts";
import { type MappingOptions, resolveMappingOptions } from "./mapping-options.ts";
import { toSqsEvent } from "./sqs-event.ts";

export interface MappingStats {
  batches: number;
  messages: number;
  deleted: number;
  /** Messages left in the queue: reported as failed, or of a batch that failed whole. */
  failed: number;
  /** Batches whose function threw, timed out, crashed, or gave an invalid response. */
  failedBatches: number;
  inFlight: number;
}

export interface EventSourceMapping {
  stats(): MappingStats;
  /** Takes no more messages; gives running batches `drainMs` to end, then leaves them to the queue. */
  stop(options?: { drainMs?: number }): Promise<void>;
}

const DEFAULT_DRAIN_MS = 5_000;
const RECEIVE_RETRY_MS = 200;

/**
 * Feeds a queue to a function as Lambda's pollers do, always with ReportBatchItemFailures. A failed message is
 * only left alone: its visibility timeout brings it back, the queue's redrive policy retires it.
 */
export function createEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const settings = resolveMappingOptions(options);
  const { queueUrl, endpoint, region, credentials, maximumConcurrency, onError } = settings;
  const client = new SQSClient({ endpoint, region, credentials });
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const running = new Set<Promise<void>>();
  const stats = { batches: 0, messages: 0, deleted: 0, failed: 0, failedBatches: 0 };

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      // A message received with nothing free to run it would spend its visibility timeout waiting.
      if (running.size >= maximumConcurrency) {
        await Promise.race(running);
        continue;
      }
      try {
        const batch = await gatherBatch({ ...settings, client, signal: stopping.signal });
        if (batch.length > 0) track(processBatch(batch));
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(error, "receive");
        await delay(RECEIVE_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  function track(batch: Promise<void>): void {
    const tracked = batch.finally(() => running.delete(tracked));
    running.add(tracked);
  }

  async function processBatch(messages: Message[]): Promise<void> {
    stats.batches++;
    stats.messages += messages.length;
    const failedIds = await invoke(messages);
    const done = messages.filter((message) => !failedIds.has(message.MessageId ?? ""));
    stats.failed += messages.length - done.length;
    try {
      const { deleted, refused } = await deleteMessages(client, queueUrl, done);
      stats.deleted += deleted;
      if (refused > 0) throw new Error(`SQS refused to delete ${refused} of ${done.length} messages`);
    } catch (error) {
      onError(error, "delete");
    }
  }

  async function invoke(messages: Message[]): Promise<ReadonlySet<string>> {
    const ids = new Set(messages.map((message) => message.MessageId ?? ""));
    try {
      const response = await settings.invoke(toSqsEvent(messages, settings), { signal: abandoning.signal });
      const verdict = readBatchResponse(response, ids);
      if (verdict.kind === "partial") return verdict.failedIds;
      onError(new Error(`The whole batch counts as failed: ${verdict.reason}`), "response");
    } catch (error) {
      if (!abandoning.signal.aborted) onError(error, "invoke");
    }
    stats.failedBatches++;
    return ids;
  }

  async function drain(drainMs: number): Promise<void> {
    stopping.abort();
    const ended = polling.then(() => Promise.all(running));
    const expired = new AbortController();
    await Promise.race([ended, delay(drainMs, undefined, { signal: expired.signal }).catch(() => {})]);
    expired.abort();
    abandoning.abort();
    await ended;
    client.destroy();
  }

  const polling = poll();
  let stopped: Promise<void> | undefined;
  return {
    stats: () => ({ ...stats, inFlight: running.size }),
    stop: ({ drainMs = DEFAULT_DRAIN_MS } = {}) => {
      stopped ??= drain(drainMs);
      return stopped;
    },
  };
}
