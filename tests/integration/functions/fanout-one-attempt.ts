import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** Gives up on a consumer after its first attempt, short retries included; up to 25 of them make one dead letter. */
export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  maxAttempts: 1,
  pageSize: 25,
});
