import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** A connection may cost so little that a test can exceed it at once: some 17 plain messages. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorize: () => true,
  maxDollarsPerHour: 0.001,
});
