import { costOf } from "lambda-websocket-pubsub-local";
import type { Check, Usage } from "./check.ts";

/** Of a function with 1.7 GB that runs for a quarter of a second. */
const GB_SECONDS_PER_INVOCATION = 0.45;
/** A few lines of a few hundred bytes for each invocation. */
const LOG_BYTES_PER_INVOCATION = 2_000;

/** Returns the dollars that the checks cost on AWS, at the list prices of the local stack's price table. */
export function estimateDollars(checks: readonly Check[]): number {
  const sum = (unit: keyof Usage): number =>
    checks.reduce((total, { usage }) => total + (usage[unit] ?? 0), 0);
  const invocations = sum("invocations");
  return costOf({
    apiGateway: { messages: sum("messages"), connectionMinutes: checks.length, bytesOut: 0 },
    sqs: { requests: sum("sqsRequests"), emptyReceives: 0 },
    dynamodb: { writeUnits: sum("writeUnits"), readUnits: sum("readUnits") },
    lambda: { requests: invocations, gbSeconds: invocations * GB_SECONDS_PER_INVOCATION },
    logs: { bytes: invocations * LOG_BYTES_PER_INVOCATION },
  }).total;
}
