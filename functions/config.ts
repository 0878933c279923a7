import type { PubsubConfig } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** Returns the library's config from the resources that SST links to the functions. */
export const pubsubConfig = (): PubsubConfig => ({
  dynamodbTableName: Resource.PubsubTable.name,
  fanoutQueueUrl: Resource.FanoutQueue.url,
  managementEndpoint: Resource.PubsubApi.managementEndpoint,
  eventRetentionSeconds: Resource.PubsubSettings.eventRetentionSeconds,
  logDeliveries: Resource.PubsubSettings.logDeliveries,
});

/** Returns this worker's share of the account's request rate. The local stack sets none. */
export const maxPostsPerSecond = (): number | undefined => Resource.PubsubSettings.maxPostsPerSecond;
