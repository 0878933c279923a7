import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** The config for the two hours after an upgrade from the old package. */
export const handler: Handler = createWebsocketHandler({
  config: { ...pubsubConfig(), legacySubscriptions: true },
  authorize: "everybody",
});
