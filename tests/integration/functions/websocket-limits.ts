import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Allows few subscriptions for each connection, and few enough frames that a test can exceed the limit at once. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorize: "everybody",
  maxSubscriptions: 5,
  maxMessagesPerSecond: 4,
});
