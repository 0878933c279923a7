import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "./config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

export const handler: Handler = createWebsocketHandler({ config: pubsubConfig() });
