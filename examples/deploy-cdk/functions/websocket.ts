import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { config } from "./config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Every client may read every topic. For topics that are not public, write a hook instead: docs/security.md. */
export const handler: Handler = createWebsocketHandler({
  config,
  authorize: "everybody",
  // This function's role may not write events: publish.ts is for the rest
  actions: ["SUBSCRIBE", "UNSUBSCRIBE", "PING"],
});
