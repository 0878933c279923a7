import { setTimeout as delay } from "node:timers/promises";
import { ChangeMessageVisibilityCommand, type Message, SQSClient } from "@aws-sdk/client-sqs";
import { createDelays } from "../delays.ts";
import type { MessageFault } from "../faults/message-faults.ts";
import { createMessageFaults } from "../faults/message-faults.ts";
import { ALL_SUCCEEDED, readBatchResponse } from "./batch-response.ts";
import { deleteMessages } from "./delete-messages.ts";
import { createErrorBackoff } from "./error-backoff.ts";
import { gatherBatch } from "./gather-batch.ts";
import { byChainLength, chainLengthOf, hashOf, traceHeader } from "./lineage.ts";
import { type MappingOptions, resolveMappingOptions } from "./mapping-options.ts";
import { type Misdelivery, misdeliver } from "./misdeliver.ts";
import { toSqsEvent } from "./sqs-event.ts";

export interface MappingStats {
  batches: number;
  messages: number;
  deleted: number;
  /** Messages that stay in the queue, because the function reported them as failed or their whole batch failed. */
  failed: number;
  /** Batches whose function threw, timed out, crashed or returned an invalid response. */
  failedBatches: number;
  /** How long all pauses after failed batches were to last together. */
  backoffMs: number;
  /** Batches that the function has now. Those that pause after a failure do not count. */
  inFlight: number;
  /** The most invocations of the function that followed one another in one chain of messages. */
  longestChain: number;
  /** Invocations that did not take place because of `recursiveLoop: "Terminate"`. */
  recursiveInvocationsDropped: number;
}

export interface EventSourceMapping {
  /** A message that no rule hits is delivered as usual. */
  faults: { add(fault: MessageFault): () => void; clear(): void };
  stats(): MappingStats;
  /** Stops receiving. Running batches get `drainMs` to end; after that, their messages stay in the queue. */
  stop(options?: { drainMs?: number }): Promise<void>;
}

/**
 * Lambda stops a chain after about 16 invocations of a function.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
const MAX_RECURSIVE_INVOCATIONS = 16;
const LOOP_ENDED =
  `a message that the function queued for itself is not delivered after a chain of ${MAX_RECURSIVE_INVOCATIONS} ` +
  'invocations (recursiveLoop: "Terminate")';

const DEFAULT_DRAIN_MS = 5_000;
const RECEIVE_RETRY_MS = 200;

/**
 * Passes the messages of a queue to a function as Lambda's pollers do, with or without ReportBatchItemFailures. The
 * mapping leaves a failed message in the queue. After its visibility timeout the queue delivers it again, until the
 * queue's redrive policy moves it to the dead-letter queue.
 */
export function createEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const settings = resolveMappingOptions(options);
  const { queueUrl, endpoint, region, credentials, maximumConcurrency, onError } = settings;
  const client = new SQSClient({ endpoint, region, credentials });
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const running = new Set<Promise<void>>();
  const faults = createMessageFaults();
  /** Batches that a fault delays. They do not count as concurrency. */
  const aside = new Set<Promise<void>>();
  const delays = createDelays();
  const backoff = createErrorBackoff();
  /** Batches that have failed and still take up concurrency. */
  let pausing = 0;
  // A queue has one mapping to one function, so its name identifies the function
  const functionHash = hashOf(settings.queueArn);
  const stats = {
    batches: 0,
    messages: 0,
    deleted: 0,
    failed: 0,
    failedBatches: 0,
    backoffMs: 0,
    longestChain: 0,
    recursiveInvocationsDropped: 0,
  };

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Without a free slot, a received message would wait here while its visibility timeout runs.
      if (running.size >= maximumConcurrency) {
        await Promise.race(running);
        continue;
      }
      try {
        const batch = await gatherBatch({ ...settings, client, signal: stopping.signal });
        const { now, failing, aside: misdeliveries } = misdeliver(batch, faults);
        for (const misdelivery of misdeliveries) track(misdelivered(misdelivery), aside);
        if (now.length > 0) track(processBatch(now, failing).then(pauseIfFailed), running);
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(error, "receive");
        await delay(RECEIVE_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  function track(work: Promise<void>, among: Set<Promise<void>>): void {
    const tracked = work.finally(() => among.delete(tracked));
    among.add(tracked);
  }

  async function misdelivered({ message, fault }: Misdelivery): Promise<void> {
    await delays.wait(fault.delayMs ?? 0);
    if (stopping.signal.aborted) return;
    if (fault.act === "hold") {
      await processBatch([message]);
      return;
    }
    if (fault.act === "duplicate") {
      await invoke([message], chainLengthOf(message, functionHash) + 1);
      return;
    }
    const { ReceiptHandle } = message;
    const expire = { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    // This call fails if the message has been deleted in the meantime. Then its visibility cannot end.
    await client.send(new ChangeMessageVisibilityCommand(expire)).catch(() => {});
  }

  /** Keeps the place of a batch whose invocation failed, so that fewer batches run at once. */
  async function pauseIfFailed({ failed }: { failed: boolean }): Promise<void> {
    if (!failed) {
      backoff.succeeded();
      return;
    }
    const pauseMs = backoff.failed();
    stats.backoffMs += pauseMs;
    pausing += 1;
    await delays.wait(pauseMs);
    pausing -= 1;
  }

  async function processBatch(
    messages: Message[],
    failing?: ReadonlySet<Message>,
  ): Promise<{ failed: boolean }> {
    let anyFailed = false;
    for (const [before, group] of byChainLength(messages, functionHash)) {
      const { failed } = await processGroup(group, before + 1, failing);
      anyFailed ||= failed;
    }
    return { failed: anyFailed };
  }

  async function processGroup(
    messages: Message[],
    chainLength: number,
    failing?: ReadonlySet<Message>,
  ): Promise<{ failed: boolean }> {
    stats.batches++;
    stats.messages += messages.length;
    const { failedIds, failed } = await invoke(messages, chainLength);
    const done = messages.filter(
      (message) => !failedIds.has(message.MessageId ?? "") && failing?.has(message) !== true,
    );
    stats.failed += messages.length - done.length;
    try {
      const { deleted, refused } = await deleteMessages(client, queueUrl, done);
      stats.deleted += deleted;
      if (refused > 0) throw new Error(`SQS refused to delete ${refused} of ${done.length} messages`);
    } catch (error) {
      onError(error, "delete");
    }
    return { failed };
  }

  /** `chainLength` counts this invocation too. */
  async function invoke(
    messages: Message[],
    chainLength: number,
  ): Promise<{ failedIds: ReadonlySet<string>; failed: boolean }> {
    const ids = new Set(messages.map((message) => message.MessageId ?? ""));
    if (chainLength > MAX_RECURSIVE_INVOCATIONS && settings.recursiveLoop === "Terminate") {
      stats.recursiveInvocationsDropped++;
      onError(new Error(`RecursiveInvocationException: ${LOOP_ENDED}`), "invoke");
      return { failedIds: ids, failed: true };
    }
    stats.longestChain = Math.max(stats.longestChain, chainLength);
    try {
      const header = traceHeader(chainLength, functionHash);
      const options = { signal: abandoning.signal, traceHeader: header };
      const response = await settings.invoke(toSqsEvent(messages, settings), options);
      const verdict = settings.partialBatchResponses ? readBatchResponse(response, ids) : ALL_SUCCEEDED;
      if (verdict.kind === "partial") return { failedIds: verdict.failedIds, failed: false };
      onError(new Error(`The whole batch counts as failed: ${verdict.reason}`), "response");
    } catch (error) {
      if (!abandoning.signal.aborted) onError(error, "invoke");
    }
    stats.failedBatches++;
    return { failedIds: ids, failed: true };
  }

  async function drain(drainMs: number): Promise<void> {
    stopping.abort();
    delays.stop();
    const ended = polling.then(() => Promise.all([...running, ...aside]));
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
    faults,
    stats: () => ({ ...stats, inFlight: running.size - pausing }),
    stop: ({ drainMs = DEFAULT_DRAIN_MS } = {}) => {
      stopped ??= drain(drainMs);
      return stopped;
    },
  };
}
