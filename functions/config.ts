import type { PubsubConfig } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** Returns the library's config from the resources that SST links to the functions. */
export const pubsubConfig = (): PubsubConfig => ({
  dynamodbTableName: Resource.PubsubTable.name,
  fanoutQueueUrl: Resource.FanoutQueue.url,
  managementEndpoint: Resource.PubsubApi.managementEndpoint,
  eventRetentionSeconds: Resource.PubsubSettings.eventRetentionSeconds,
});
