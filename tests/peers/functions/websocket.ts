import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";

const { PUBSUB_TABLE_NAME: dynamodbTableName = "", MANAGEMENT_ENDPOINT: managementEndpoint } = process.env;
export const handler: ReturnType<typeof createWebsocketHandler> = createWebsocketHandler({
  config: { dynamodbTableName, managementEndpoint },
  authorize: "everybody",
});
