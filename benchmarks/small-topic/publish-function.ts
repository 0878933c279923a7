import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { publisherConfig } from "../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** The project's publish function, for a client that publishes for longer than one connection may by default. */
export const handler: Handler = createWebsocketHandler({
  config: publisherConfig(),
  authorize: () => true,
  actions: ["PUBLISH"],
  maxDollarsPerHour: 10,
});
