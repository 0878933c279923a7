import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { presenceOptions, pubsubConfig } from "./config.ts";
import { undecided } from "./undecided.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

// Who may connect and subscribe: a hook as in docs/security.md, or "everybody"
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorize: undecided,
  // publish.ts has the rest, and its role alone may write events
  actions: ["SUBSCRIBE", "UNSUBSCRIBE", "PING"],
  ...presenceOptions(),
});
