import { createPublishHandler } from "lambda-websocket-pubsub/handlers";
import { createTopicTokenAuthorizer } from "lambda-websocket-pubsub/tokens";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createPublishHandler>;

const secrets = JSON.parse(process.env.TOPIC_TOKEN_SECRETS ?? "[]") as string[];

export const handler: Handler = createPublishHandler({
  config: pubsubConfig(),
  authorize: createTopicTokenAuthorizer({ secrets }),
});
