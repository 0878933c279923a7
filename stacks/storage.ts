import { TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { Settings } from "./settings.ts";

export interface Storage {
  table: sst.aws.Dynamo;
}

/**
 * Creates the one table for topic log, subscriptions and fan-out ledger. It is on demand, with point-in-time recovery.
 */
export function Storage({ keep, tableUnits }: Settings): Storage {
  const { readsPerSecond: maxReadRequestUnits, writesPerSecond: maxWriteRequestUnits } = tableUnits;
  const onDemandThroughput = { maxReadRequestUnits, maxWriteRequestUnits };
  const { hashKey, rangeKey, index, ttlAttribute } = TABLE;
  const table = new sst.aws.Dynamo("PubsubTable", {
    fields: { [hashKey]: "string", [rangeKey]: "string", [index.hashKey]: "string" },
    primaryIndex: { hashKey, rangeKey },
    globalIndexes: { [index.name]: { hashKey: index.hashKey, projection: "all" } },
    ttl: ttlAttribute,
    deletionProtection: keep,
    transform: {
      table: (args) => {
        args.onDemandThroughput = onDemandThroughput;
        // An index has a limit of its own
        args.globalSecondaryIndexes = $output(args.globalSecondaryIndexes).apply((indexes) =>
          (indexes ?? []).map((each) => ({ ...each, onDemandThroughput })),
        );
      },
    },
  });
  return { table };
}
