import type { PubsubConfig } from "lambda-websocket-pubsub";

/** What the template sets in the functions' environment. A name that is missing fails the function's start. */
export const config: PubsubConfig = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
  managementEndpoint: process.env.PUBSUB_MANAGEMENT_ENDPOINT,
  logDeliveries: process.env.PUBSUB_LOG_DELIVERIES,
};

const share = process.env.PUBSUB_MAX_POSTS_PER_SECOND;

/** This worker's share of the account's request rate. Without the variable, as on the local stack, it takes all of it. */
export const maxPostsPerSecond: number | undefined = share === undefined ? undefined : Number(share);
