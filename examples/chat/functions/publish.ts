import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { problemWith, ROOM_PATTERN } from "../src/message.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl = "" } = process.env;

/**
 * Decides what a page may publish. Everybody may write in every room and under every name here: a real app looks up who the
 * user is, for example by `createTopicTokenAuthorizer` and a token with the claim `publish`.
 */
export const handler: Handler = createWebsocketHandler({
  config: { dynamodbTableName, fanoutQueueUrl },
  actions: ["PUBLISH"],
  authorize: ({ topicId = "" }) => ROOM_PATTERN.test(topicId),
  validate: ({ data }) => problemWith(data),
});
