import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { publisherConfig } from "./config.ts";
import { undecidedPublisher } from "./undecided.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

// Who may publish: a hook as in docs/security.md. "everybody" is for reading alone
export const handler: Handler = createWebsocketHandler({
  config: publisherConfig(),
  authorize: undecidedPublisher,
  actions: ["PUBLISH"],
});
