import type { Messaging } from "./messaging.ts";
import { disconnectPermissions, putOutPermissions, revokePermissions } from "./permissions.ts";
import type { Realtime } from "./realtime.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export type OperatorArgs = Storage &
  Pick<Messaging, "fanoutQueue"> &
  Pick<Realtime, "api"> & { settings: Settings };

/**
 * Creates what a back end links to put out users. With `link: [operator]`, its function can call
 * `disconnect({ …, config: Resource.PubsubOperator })` and `revoke`. A producer cannot: its link neither deletes nor closes.
 */
export function Operator({ table, fanoutQueue, api, settings }: OperatorArgs): {
  operator: sst.Linkable<object>;
} {
  const permissions = [
    ...revokePermissions({ table }),
    ...disconnectPermissions({ table, api }),
    ...putOutPermissions({ table, fanoutQueue, settings }),
  ];
  const operator = new sst.Linkable("PubsubOperator", {
    properties: {
      dynamodbTableName: table.name,
      managementEndpoint: api.managementEndpoint,
      // Without the queue nobody could be told who was put out
      ...(settings.presence && { fanoutQueueUrl: fanoutQueue.url }),
    },
    include: permissions.map(sst.aws.permission),
  });
  return { operator };
}
