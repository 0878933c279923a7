import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { createTopicTokenAuthorizer } from "lambda-websocket-pubsub/tokens";
import { pubsubConfig } from "../../../functions/config.ts";
import { AHEAD_MS } from "../../support/clock-ahead.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const secrets = JSON.parse(process.env.TOPIC_TOKEN_SECRETS ?? "[]") as string[];

const decide = createTopicTokenAuthorizer({ secrets });

const handle = createWebsocketHandler({
  config: pubsubConfig(),
  authorize(request) {
    const { topicId, token } = request.event.queryStringParameters ?? {};
    if (request.action !== "CONNECT" || token === undefined) return decide(request);
    // A URL with a topic's token says from the start whose connection it is
    return decide({ ...request, action: "SUBSCRIBE", topicId, token });
  },
});

/** The clock of this function is 30 s ahead. Lambda says how much time is left, whatever the function's clock shows. */
export const handler: Handler = (event, context) =>
  handle(
    event,
    context && {
      ...context,
      getRemainingTimeInMillis: () => context.getRemainingTimeInMillis() + AHEAD_MS,
    },
  );
