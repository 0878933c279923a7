import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** The shipped handler. Its pages are small, so that a topic has several, and it gives up after few attempts. */
export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  pageSize: 20,
  maxAttempts: 4,
});
