import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { PubsubConfig } from "../config.ts";
import { PubsubError } from "../errors.ts";
import { handleBatch, type MessageOutcome, type ReceivedMessage } from "../fanout/batch.ts";
import { FANOUT_SETTINGS_DEFAULT, type FanoutContext, type FanoutSettings } from "../fanout/worker.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { checkOptions, invalid } from "../options/check-options.ts";
import { checkedLater, type RulesFor, wholeNumber } from "../options/option-rules.ts";
import { createPubsub } from "../pubsub.ts";
import type { LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "./lambda-types.ts";

export interface FanoutHandlerOptions extends Partial<FanoutSettings> {
  config: PubsubConfig;
}

const rules: RulesFor<FanoutHandlerOptions> = {
  config: checkedLater,
  pageSize: wholeNumber(1, 5_000),
  attemptsMax: wholeNumber(1, 5_000),
};

/** What is left of an invocation when posting stops: time to hand on the rest, and to write it down. */
const WIND_DOWN_MS_MAX = 6_000;
const WIND_DOWN_SHARE = 0.3;

/**
 * The Lambda handler for the fan-out queue. The event source mapping must report batch item failures
 * (`ReportBatchItemFailures`), or one message's failure repeats its whole batch.
 *
 * @example
 * ```ts
 * import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createFanoutHandler({ config: { dynamodbTableName, fanoutQueueUrl } });
 * ```
 */
export function createFanoutHandler(
  options: FanoutHandlerOptions,
): (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse> {
  checkOptions("createFanoutHandler", options, rules);
  const { pageSize = FANOUT_SETTINGS_DEFAULT.pageSize, attemptsMax = FANOUT_SETTINGS_DEFAULT.attemptsMax } =
    options;
  const settings = { pageSize, attemptsMax };
  const telemetry = createHandlerTelemetry();
  const { ports, limiterOf, config } = createPubsub(options.config, telemetry.observe);
  if (config.fanoutQueueUrl === undefined) {
    throw invalid("config.fanoutQueueUrl", "the URL of the queue that this function reads", undefined);
  }
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handleSqsEvent({ ...ports, limiterOf, settings }, event, context);
    } finally {
      telemetry.end();
    }
  };
}

/** What the handler does, over any ports. */
export async function handleSqsEvent(
  worker: Omit<FanoutContext, "deadlineMs" | "leaseUntilMs">,
  event: SQSEvent,
  context: LambdaContext,
): Promise<SQSBatchResponse> {
  const nowMs = worker.clock.now();
  const remainingMs = context.getRemainingTimeInMillis();
  const windDownMs = Math.min(WIND_DOWN_MS_MAX, remainingMs * WIND_DOWN_SHARE);
  const received = messagesOf(event);
  const limits = { deadlineMs: nowMs + remainingMs - windDownMs, leaseUntilMs: nowMs + remainingMs };
  const outcomes = await handleBatch({ ...worker, ...limits }, received);
  const processor = new BatchProcessor(EventType.SQS);
  const record = async ({ messageId }: { messageId: string }): Promise<void> =>
    settle(outcomes.get(messageId));
  return processPartialResponse(event, record, processor, { context, throwOnFullBatchFailure: false });
}

/** Throws for what is no event of a queue: the invocation fails, and nothing it may have brought is lost. */
function messagesOf(event: SQSEvent): ReceivedMessage[] {
  const records: unknown = event?.Records;
  if (!Array.isArray(records)) throw invalid("event.Records", "an array of messages", records);
  return records.map((record: Partial<SQSRecord> | null): ReceivedMessage => {
    const { messageId: id, body, attributes } = record ?? {};
    if (typeof id !== "string" || id === "") throw invalid("messageId", "the id of a message", id);
    if (typeof body !== "string") throw new PubsubError("INVALID_ARGUMENT", `message ${id} has no body`);
    const receiveCount = Number(attributes?.ApproximateReceiveCount);
    return { id, body, receiveCount: Number.isSafeInteger(receiveCount) ? Math.max(1, receiveCount) : 1 };
  });
}

function settle(outcome: MessageOutcome | undefined): void {
  if (outcome?.outcome !== "done") throw outcome?.error ?? new Error("the message was not handled");
}
