import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** The shipped handler with presence. It takes the user's name from the URL. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  presence: true,
  authorize: ({ action, event }) =>
    action !== "CONNECT" || { allow: true, userId: event.queryStringParameters?.user },
});
