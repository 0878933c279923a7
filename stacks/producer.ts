import type { Messaging } from "./messaging.ts";
import { publishPermissions } from "./permissions.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export type ProducerArgs = Storage & Pick<Messaging, "fanoutQueue"> & { settings: Settings };

/**
 * Creates what a producer links. With `link: [pubsub]`, its function can call
 * `publishToTopic({ …, config: Resource.Pubsub })`, and nothing else. For another app, `examples/producer-app` creates
 * the same from the two ARNs.
 */
export function Producer({ table, fanoutQueue, settings }: ProducerArgs): { pubsub: sst.Linkable<object> } {
  const pubsub = new sst.Linkable("Pubsub", {
    properties: {
      dynamodbTableName: table.name,
      fanoutQueueUrl: fanoutQueue.url,
      eventRetentionSeconds: settings.eventRetentionSeconds,
      logDeliveries: settings.logDeliveries,
    },
    include: publishPermissions({ table, fanoutQueue }).map(sst.aws.permission),
  });
  return { pubsub };
}
