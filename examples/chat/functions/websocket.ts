import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { NAME_LENGTH_MAX, ROOM_PATTERN } from "../src/message.ts";
import { userIdOf } from "../src/user.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl = "" } = process.env;

/**
 * Decides who may read a room, and who it is. Here the token is the name that the user typed, so everybody can be anybody. A
 * real app verifies a token that its login made, takes the user id from it, and returns the name that the others see as
 * `info`, so that the page cannot choose it.
 */
export const handler: Handler = createWebsocketHandler({
  config: { dynamodbTableName, fanoutQueueUrl },
  actions: ["SUBSCRIBE", "UNSUBSCRIBE", "PING"],
  presence: true,
  authorize({ action, topicId = "", token = "" }) {
    if (action !== "SUBSCRIBE") return action === "CONNECT";
    const userId = userIdOf(token.slice(0, NAME_LENGTH_MAX));
    const allow = ROOM_PATTERN.test(topicId);
    return userId === "" ? allow : { allow, userId };
  },
});
