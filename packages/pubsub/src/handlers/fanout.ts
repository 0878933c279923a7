import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { PubsubConfig } from "../config.ts";
import { invalid } from "../config.ts";
import { handleBatch, type MessageOutcome } from "../fanout/batch.ts";
import { FANOUT_SETTINGS_DEFAULT, type FanoutSettings } from "../fanout/worker.ts";
import { knownOptions, wholeNumber } from "../known-options.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { createPubsub } from "../pubsub.ts";
import type { LambdaContext, SQSBatchResponse, SQSEvent } from "./lambda-types.ts";

export interface FanoutHandlerOptions extends Partial<FanoutSettings> {
  config: PubsubConfig;
}

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
  knownOptions("createFanoutHandler", options, ["config", "pageSize", "attemptsMax"]);
  const settings = settingsOf(options);
  const telemetry = createHandlerTelemetry();
  const { ports, limiterOf, config } = createPubsub(options.config, telemetry.observe);
  if (config.fanoutQueueUrl === undefined) {
    throw invalid("config.fanoutQueueUrl", "the URL of the queue that this function reads", undefined);
  }
  return async (event, context) => {
    telemetry.begin(context);
    const nowMs = ports.clock.now();
    const remainingMs = context.getRemainingTimeInMillis();
    const windDownMs = Math.min(WIND_DOWN_MS_MAX, remainingMs * WIND_DOWN_SHARE);
    const received = event.Records.map(({ messageId, body, attributes }) => ({
      id: messageId,
      body,
      receiveCount: Number(attributes.ApproximateReceiveCount),
    }));
    const limits = { deadlineMs: nowMs + remainingMs - windDownMs, leaseUntilMs: nowMs + remainingMs };
    const outcomes = await handleBatch({ ...ports, ...limits, limiterOf, settings }, received);
    telemetry.end();
    const processor = new BatchProcessor(EventType.SQS);
    const record = async ({ messageId }: { messageId: string }): Promise<void> =>
      settle(outcomes.get(messageId));
    return processPartialResponse(event, record, processor, { context, throwOnFullBatchFailure: false });
  };
}

function settle(outcome: MessageOutcome | undefined): void {
  if (outcome?.outcome !== "done") throw outcome?.error ?? new Error("the message was not handled");
}

function settingsOf(options: FanoutHandlerOptions): FanoutSettings {
  const { pageSize = FANOUT_SETTINGS_DEFAULT.pageSize, attemptsMax = FANOUT_SETTINGS_DEFAULT.attemptsMax } =
    options;
  return {
    pageSize: wholeNumber("pageSize", pageSize, 5_000),
    attemptsMax: wholeNumber("attemptsMax", attemptsMax, 5_000),
  };
}
