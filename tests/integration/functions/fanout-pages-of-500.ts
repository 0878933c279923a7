import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  partSize: 500,
});
