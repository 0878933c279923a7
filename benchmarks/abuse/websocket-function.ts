import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../functions/config.ts";
import { MEMBER } from "./frames.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** The project's websocket function with its default limits. Everybody may connect, and members may subscribe. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorize: ({ action, token }) => action === "CONNECT" || token === MEMBER,
});
