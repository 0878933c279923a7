import type { PubsubConfig } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** Returns the library's config from the resources that SST links to the functions. */
export const pubsubConfig = (): PubsubConfig => ({
  dynamodbTableName: Resource.PubsubTable.name,
  fanoutQueueUrl: Resource.FanoutQueue.url,
  managementEndpoint: Resource.PubsubApi.managementEndpoint,
  eventRetentionSeconds: Resource.PubsubSettings.eventRetentionSeconds,
  logDeliveries: Resource.PubsubSettings.logDeliveries,
  ...hotTopics(),
});

/** Linked only where it is on. */
function hotTopics(): Pick<PubsubConfig, "hotTopics"> {
  const settings: typeof Resource.PubsubSettings & { hotTopics?: boolean } = Resource.PubsubSettings;
  return settings.hotTopics ? { hotTopics: true } : {};
}

/** The same for functions that publish. `inlineFanoutMax` is linked only where it is on. */
export const publisherConfig = (): PubsubConfig => {
  const settings: typeof Resource.PubsubSettings & { inlineFanoutMax?: number } = Resource.PubsubSettings;
  const { inlineFanoutMax } = settings;
  return { ...pubsubConfig(), ...(inlineFanoutMax !== undefined && { inlineFanoutMax }) };
};

/** Whether clients may be members of topics, and whether their heartbeats are marked. Linked only where it is on. */
export const presenceOptions = (): { presence: boolean; markActivity: boolean } => {
  const settings: typeof Resource.PubsubSettings & { presence?: boolean; markActivity?: boolean } =
    Resource.PubsubSettings;
  const { presence = false, markActivity = false } = settings;
  return { presence, markActivity };
};

/** Returns this worker's share of the account's request rate. The local stack sets none. */
export const maxPostsPerSecond = (): number | undefined => Resource.PubsubSettings.maxPostsPerSecond;
