import { type PubsubConfig, resolveConfig } from "../api/config.ts";
import { createPubsub } from "../api/create-pubsub.ts";
import { PubsubError } from "../core/errors.ts";
import { handleBatch, type MessageOutcome, type ReceivedMessage } from "../core/fanout/batch.ts";
import { createClaimGuess } from "../core/fanout/claim-guess.ts";
import { invocationLimits } from "../core/fanout/invocation.ts";
import { FANOUT_SETTINGS_DEFAULT, type FanoutContext, type FanoutSettings } from "../core/fanout/worker.ts";
import { checkOptions, invalid } from "../core/options/check-options.ts";
import { checkedLater, flag, type RulesFor, wholeNumber } from "../core/options/option-rules.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { batchFailed, type FailedMessage } from "./batch-failed.ts";
import type { LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "./lambda-types.ts";
import { warmUpSource } from "./warm-up.ts";

export interface FanoutHandlerOptions extends Partial<FanoutSettings> {
  config: PubsubConfig;
  /**
   * Whether the function response types of the event source mapping include `ReportBatchItemFailures`. It must match
   * the mapping. Default false, which loses nothing with either kind of mapping.
   */
  partialBatchResponses?: boolean | undefined;
  /**
   * The most posts that this worker process begins in a second, from 1. After a pause, half a second's posts may begin at
   * once. Default: no limit, so that posts use up the account's request rate: 10,000 requests a second, which
   * they share with the clients' messages and handshakes and with every other API of the account and Region. Set it to
   * the share that posts may take, divided by the maximum concurrency of the event source mapping.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
   */
  maxPostsPerSecond?: number | undefined;
}

const rules: RulesFor<FanoutHandlerOptions> = {
  config: checkedLater,
  partialBatchResponses: flag,
  partSize: wholeNumber(1, 5_000),
  maxAttempts: wholeNumber(1, 5_000),
  maxPostsPerSecond: wholeNumber(1),
};

const NOT_HANDLED: MessageOutcome = { outcome: "retry", error: new Error("the message was not handled") };

/**
 * Creates the Lambda handler for the fan-out queue. Throws `INVALID_ARGUMENT`. What the handler does about a message
 * that failed depends on `partialBatchResponses`, which must match the event source mapping:
 *
 * | option | mapping                      | when a message of a batch fails                                          |
 * | ------ | ---------------------------- | ------------------------------------------------------------------------ |
 * | true   | with ReportBatchItemFailures | the handler returns its id, and SQS delivers only that message again     |
 * | false  | with or without              | the handler throws `BATCH_FAILED` after the last message, and SQS delivers the whole batch again; the ledger keeps what is done from being posted twice |
 * | true   | without                      | **messages are lost**: Lambda ignores what the handler returns and deletes the whole batch |
 *
 * @example
 * ```ts
 * import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createFanoutHandler({
 *   config: { dynamodbTableName, fanoutQueueUrl },
 *   partialBatchResponses: true,
 * });
 * ```
 */
export function createFanoutHandler(
  options: FanoutHandlerOptions,
): (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse> {
  checkOptions("createFanoutHandler", options, rules);
  const {
    partialBatchResponses = false,
    partSize = FANOUT_SETTINGS_DEFAULT.partSize,
    maxAttempts = FANOUT_SETTINGS_DEFAULT.maxAttempts,
    maxPostsPerSecond,
  } = options;
  const settings = { partSize, maxAttempts };
  const telemetry = createHandlerTelemetry(resolveConfig(options.config).logDeliveries);
  const { ports, limiterOf, config, logSettings } = createPubsub(options.config, telemetry.observe, {
    maxPostsPerSecond,
  });
  if (config.fanoutQueueUrl === undefined) {
    throw invalid("config.fanoutQueueUrl", "the URL of the queue that this function reads", undefined);
  }
  const worker = { ...ports, limiterOf, settings, logSettings, claimGuess: createClaimGuess() };
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handleSqsEvent(worker, event, context, { partialBatchResponses });
    } finally {
      telemetry.end();
    }
  };
}

/**
 * Handles one batch over any ports. An event that only keeps the function warm does nothing. Throws `BATCH_FAILED` unless
 * it may return the failures.
 */
export async function handleSqsEvent(
  worker: Omit<FanoutContext, "deadlineMs" | "leaseUntilMs">,
  event: SQSEvent,
  context: LambdaContext,
  { partialBatchResponses }: { partialBatchResponses: boolean },
): Promise<SQSBatchResponse> {
  const source = warmUpSource(event);
  if (source !== undefined) {
    worker.observe({ event: "warm-up", source });
    return { batchItemFailures: [] };
  }
  const limits = invocationLimits(worker.clock.now(), context.getRemainingTimeInMillis());
  const received = messagesOf(event);
  const outcomes = await handleBatch({ ...worker, ...limits }, received);
  const failures = received.flatMap(({ id }): FailedMessage[] => {
    const outcome = outcomes.get(id) ?? NOT_HANDLED;
    return outcome.outcome === "done" ? [] : [{ id, error: outcome.error }];
  });
  if (failures.length > 0 && !partialBatchResponses) throw batchFailed(failures, received.length);
  return { batchItemFailures: failures.map(({ id }) => ({ itemIdentifier: id })) };
}

/** Throws if the event is not an SQS event: the invocation then fails, and SQS delivers its messages again. */
function messagesOf(event: SQSEvent): ReceivedMessage[] {
  const records: unknown = event?.Records;
  if (!Array.isArray(records)) throw invalid("event.Records", "an array of messages", records);
  return records.map((record: Partial<SQSRecord> | null): ReceivedMessage => {
    const { messageId: id, body, attributes } = record ?? {};
    if (typeof id !== "string" || id === "") throw invalid("messageId", "the id of a message", id);
    if (typeof body !== "string") throw new PubsubError("INVALID_ARGUMENT", `message ${id} has no body`);
    // Number() of an object calls its methods, and throws for some
    const count: unknown = attributes?.ApproximateReceiveCount;
    const receiveCount = typeof count === "string" || typeof count === "number" ? Number(count) : 1;
    return {
      id,
      body,
      receiveCount: Number.isSafeInteger(receiveCount) ? Math.max(1, receiveCount) : 1,
      waitedMs: waitedMs(attributes),
    };
  });
}

/** Both times are of SQS's clock. Returns undefined if one of them is missing or is no time. */
function waitedMs(attributes: Partial<SQSRecord["attributes"]> | null | undefined): number | undefined {
  const times: unknown[] = [attributes?.SentTimestamp, attributes?.ApproximateFirstReceiveTimestamp];
  const [sentMs, receivedMs] = times.map((time) =>
    typeof time === "string" && /^\d{1,15}$/.test(time) ? Number(time) : undefined,
  );
  if (sentMs === undefined || receivedMs === undefined) return undefined;
  return Math.max(0, receivedMs - sentMs);
}
