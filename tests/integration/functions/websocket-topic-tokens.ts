import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { createTopicTokenAuthorizer } from "lambda-websocket-pubsub/tokens";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const secrets = JSON.parse(process.env.TOPIC_TOKEN_SECRETS ?? "[]") as string[];

export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorize: createTopicTokenAuthorizer({ secrets }),
});
