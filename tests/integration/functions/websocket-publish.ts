import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { createTopicTokenAuthorizer } from "lambda-websocket-pubsub/tokens";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const secrets = JSON.parse(process.env.TOPIC_TOKEN_SECRETS ?? "[]") as string[];
const byToken = createTopicTokenAuthorizer({ secrets });

/**
 * Topic tokens decide, except about a topic called `stuck-…`, about which nothing is ever decided, and one called `broken-…`,
 * for which the hook throws. Data that has a `problem` is refused with it, and the hook throws for the problem `unknown`.
 */
export const handler: Handler = createWebsocketHandler({
  config: pubsubConfig(),
  authorizeTimeoutMs: 2_000,
  authorize(request) {
    if (request.topicId?.startsWith("stuck-")) return new Promise<boolean>(() => {});
    if (request.topicId?.startsWith("broken-")) throw new Error("the database is down");
    return byToken(request);
  },
  validate({ data }) {
    const { problem } = (data ?? {}) as { problem?: string };
    if (problem === "unknown") throw new Error("the schema could not be loaded");
    return problem;
  },
});
