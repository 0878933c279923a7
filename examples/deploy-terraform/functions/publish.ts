import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { config } from "./config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** No client may publish, until you write a hook that says who may: docs/security.md. */
export const handler: Handler = createWebsocketHandler({
  config,
  authorize: () => false,
  actions: ["PUBLISH"],
});
