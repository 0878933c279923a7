import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { config, maxPostsPerSecond } from "./config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** The event source mapping must have ReportBatchItemFailures, or Lambda deletes the messages that failed. */
export const handler: Handler = createFanoutHandler({
  config,
  partialBatchResponses: true,
  maxPostsPerSecond,
});
