import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { config } from "./config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Everybody may connect and subscribe until `authorize` says otherwise: see docs/security.md. */
export const handler: Handler = createWebsocketHandler({ config });
