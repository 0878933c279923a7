import type { PubsubConfig } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** What SST links to the functions, as the library's configuration. */
export const pubsubConfig = (): PubsubConfig => ({
  dynamodbTableName: Resource.PubsubTable.name,
  fanoutQueueUrl: Resource.FanoutQueue.url,
  managementEndpoint: Resource.PubsubApi.managementEndpoint,
  eventRetentionSeconds: Resource.PubsubSettings.eventRetentionSeconds,
});
