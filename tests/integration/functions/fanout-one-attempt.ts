import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** Abandons a delivery after its first attempt, with its short retries; up to 10 of them are one dead letter. */
export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  maxAttempts: 1,
  partSize: 10,
});
