import type { Logger } from "@aws-lambda-powertools/logger";
import { loggableError } from "../core/loggable-error.ts";
import type { Observe, PipelineEvent } from "../core/pipeline-events.ts";
import { isPlainDelivery, type LogDeliveries } from "./log-deliveries.ts";

type Level = "debug" | "info" | "warn" | "error";

const LEVELS: Record<PipelineEvent["event"], Level> = {
  "publication-accepted": "info",
  subscribed: "debug",
  unsubscribed: "debug",
  "subscription-revoked": "info",
  "unit-completed": "info",
  "parts-sent": "info",
  "posts-made": "debug",
  "redelivery-queued": "warn",
  "delivery-abandoned": "error",
  "subscription-removed": "info",
  "subscription-ended": "warn",
  "unit-skipped": "info",
  "rows-malformed": "warn",
  "events-missing": "warn",
  "message-malformed": "error",
  "access-allowed": "info",
  "access-denied": "warn",
  "authorize-failed": "error",
  "validate-failed": "error",
  "warm-up": "debug",
  "frame-refused": "warn",
  "request-refused": "warn",
  "connection-ended": "warn",
  "direct-path-disabled": "warn",
  "background-failure": "error",
};

/**
 * Logs one line for each event, with the event's name as the message; with `"problems"` no line for events that only say that
 * a publication was delivered. A line has ids, counts and durations, never payloads.
 */
export function logObserver(logger: Logger, deliveries: LogDeliveries = "all"): Observe {
  return (reported) => {
    if (deliveries === "problems" && isPlainDelivery(reported)) return;
    const level = LEVELS[reported.event];
    if (reported.event === "background-failure") {
      const { event, stage, error } = reported;
      logger[level](event, { stage, error: loggableError(error) });
      return;
    }
    const { event, ...fields } = reported;
    logger[level](event, fields);
  };
}
