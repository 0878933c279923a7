import { revokePermissions } from "./permissions.ts";
import type { Storage } from "./storage.ts";

/**
 * Creates what a back end links to put out users. With `link: [operator]`, its function can call
 * `revoke({ …, config: Resource.PubsubOperator })`. A producer cannot: its link does not delete.
 */
export function Operator({ table }: Storage): { operator: sst.Linkable<object> } {
  const operator = new sst.Linkable("PubsubOperator", {
    properties: { dynamodbTableName: table.name },
    include: revokePermissions({ table }).map(sst.aws.permission),
  });
  return { operator };
}
