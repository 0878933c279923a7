import type { PubsubConfig } from "lambda-websocket-pubsub";

/** What the template sets in the functions' environment. A name that is missing fails the function's start. */
export const config: PubsubConfig = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
  managementEndpoint: process.env.PUBSUB_MANAGEMENT_ENDPOINT,
};
