import type { Logger } from "@aws-lambda-powertools/logger";
import type { Observe, PipelineEvent } from "../pipeline-events.ts";

type Level = "debug" | "info" | "warn" | "error";

const LEVELS: Record<PipelineEvent["event"], Level> = {
  "publication-accepted": "info",
  subscribed: "debug",
  unsubscribed: "debug",
  "page-delivered": "info",
  "redelivery-queued": "warn",
  "delivery-abandoned": "error",
  "subscriptions-removed": "info",
  "unit-skipped": "info",
  "rows-malformed": "warn",
  "events-missing": "warn",
  "message-malformed": "error",
  "frame-refused": "warn",
  "background-failure": "error",
};

/** One log line an event: ids and counts, never payloads. */
export function logObserver(logger: Logger): Observe {
  return ({ event, ...fields }) => {
    const { error, ...rest } = fields as typeof fields & { error?: unknown };
    const wrapped =
      error === undefined ? {} : { error: error instanceof Error ? error : new Error(String(error)) };
    logger[LEVELS[event]](event, { ...rest, ...wrapped });
  };
}
