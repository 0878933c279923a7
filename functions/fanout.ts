import { createFanoutHandler } from "lambda-websocket-pubsub/handlers";
import { maxPostsPerSecond, pubsubConfig } from "./config.ts";

type Handler = ReturnType<typeof createFanoutHandler>;

export const handler: Handler = createFanoutHandler({
  config: pubsubConfig(),
  partialBatchResponses: true,
  maxPostsPerSecond: maxPostsPerSecond(),
});
