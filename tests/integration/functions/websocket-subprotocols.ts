import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Prefers the newer of two subprotocols. The query can make the hook choose another. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  subprotocol: ["pubsub.v2", "pubsub.v1"],
  authorize: ({ action, event }) => {
    const subprotocol = event.queryStringParameters?.choose;
    return action === "CONNECT" && subprotocol !== undefined ? { allow: true, subprotocol } : true;
  },
});
