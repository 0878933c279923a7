import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

let failuresLeft = 2;

/**
 * Rejects connections that ask for another door, and fails for those that ask for a broken one. It never decides about a
 * topic called `stuck`, and fails twice for those called `flaky-…`.
 */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorizeTimeoutMs: 300,
  authorize: ({ topicId, event }) => {
    const door = event.queryStringParameters?.door;
    if (door === "broken") throw new Error("the door is broken");
    if (topicId === "stuck") return new Promise<boolean>(() => {});
    if (topicId?.startsWith("flaky-") && failuresLeft-- > 0) throw new Error("the database is down");
    return door === undefined;
  },
});
