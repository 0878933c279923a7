import type { Messaging } from "./messaging.ts";
import { producingPermissions } from "./permissions.ts";
import type { Realtime } from "./realtime.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export type ProducerArgs = Storage &
  Pick<Messaging, "fanoutQueue"> &
  Pick<Realtime, "api"> & { settings: Settings };

/**
 * Creates what a producer links. With `link: [pubsub]`, its function can call
 * `publishToTopic({ …, config: Resource.Pubsub })`, and nothing else. For another app, `examples/producer-app` creates
 * the same from the two ARNs, without the inline fan-out.
 */
export function Producer({ table, fanoutQueue, api, settings }: ProducerArgs): {
  pubsub: sst.Linkable<object>;
} {
  const { eventRetentionSeconds, inlineFanoutMax } = settings;
  const isInline = inlineFanoutMax > 0;
  const permissions = producingPermissions({ table, fanoutQueue, api, settings });
  const pubsub = new sst.Linkable("Pubsub", {
    properties: {
      dynamodbTableName: table.name,
      fanoutQueueUrl: fanoutQueue.url,
      eventRetentionSeconds,
      logDeliveries: settings.logDeliveries,
      // For `growTopic`, which needs the permissions of a producer
      ...(settings.hotTopics && { hotTopics: true }),
      ...(isInline && { inlineFanoutMax, managementEndpoint: api.managementEndpoint }),
    },
    include: permissions.map(sst.aws.permission),
  });
  return { pubsub };
}
