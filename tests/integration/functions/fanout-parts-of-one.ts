import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

/** Makes one message for each consumer, so that few subscribers are a long fan-out. */
export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  partSize: 1,
});
