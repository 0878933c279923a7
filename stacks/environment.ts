import type { Messaging } from "./messaging.ts";
import { maxPostsPerSecond, publishesInline, type Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export type EnvironmentArgs = Storage &
  Pick<Messaging, "fanoutQueue"> & { api: sst.aws.ApiGatewayWebSocket; settings: Settings };

/**
 * Returns the variables that functions/config.ts reads. They are not links: to read one, SST's `Resource` loads modules of
 * Node that nothing else needs and decrypts a file, in every cold start (docs/decisions/0052).
 */
export const pubsubEnvironment = ({
  table,
  fanoutQueue,
  api,
  settings,
}: EnvironmentArgs): Record<string, $util.Input<string>> => ({
  PUBSUB_TABLE_NAME: table.name,
  PUBSUB_QUEUE_URL: fanoutQueue.url,
  PUBSUB_MANAGEMENT_ENDPOINT: api.managementEndpoint,
  PUBSUB_EVENT_RETENTION_SECONDS: String(settings.eventRetentionSeconds),
  PUBSUB_LOG_DELIVERIES: settings.logDeliveries,
  PUBSUB_MAX_POSTS_PER_SECOND: String(maxPostsPerSecond(settings.fanout)),
  ...(settings.presence && {
    PUBSUB_PRESENCE: "true",
    PUBSUB_MARK_ACTIVITY: String(settings.markActivity),
  }),
  ...(settings.hotTopics && { PUBSUB_HOT_TOPICS: "true" }),
  ...(publishesInline(settings) && { PUBSUB_INLINE_FANOUT_MAX: String(settings.inlineFanoutMax) }),
});
