import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Rejects connections that ask for another door, and never decides about a topic called `stuck`. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorizeTimeoutMs: 300,
  authorize: ({ topicId, event }) => {
    if (topicId === "stuck") return new Promise<boolean>(() => {});
    return event.queryStringParameters?.door === undefined;
  },
});
