import { readFileSync } from "node:fs";
import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** The first line of the file says what the authorizer's back end does now: it `works`, `throws` or `hangs`. */
const backEnd = (): string => readFileSync(process.env.BACK_END_FILE ?? "", "utf8").trim();

export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorizeTimeoutMs: 500,
  authorize: ({ action, token }) => {
    if (action === "CONNECT") return true;
    if (backEnd() === "throws") throw new Error("the back end answered 503");
    if (backEnd() === "hangs") return new Promise<boolean>(() => {});
    return token === "valid";
  },
});
