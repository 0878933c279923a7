import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Few subscriptions a connection, and frames only so many as a test can send without waiting for more. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  maxSubscriptions: 5,
  maxMessagesPerSecond: 4,
});
