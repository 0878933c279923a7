import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

/** Takes the user's name from the URL, and lets everybody subscribe to everything. */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  userTopics: "event",
  presence: true,
  authorize: async ({ action, event, user }) => {
    if (action !== "CONNECT") return (await user()) !== undefined;
    const { user: userId } = event.queryStringParameters ?? {};
    return { allow: true, userId };
  },
});
