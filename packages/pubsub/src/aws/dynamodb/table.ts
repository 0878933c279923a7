import type { DynamoDBClient, QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { guarded } from "../sdk/aws-failure.ts";
import type { Item } from "./attributes.ts";
import { QueryCommand } from "./commands.ts";

/** What the adapters need of a client. The SDK's own client fits, and `sdk/clients.ts` creates one that loads it only if needed. */
export type DynamodbClient = Pick<DynamoDBClient, "send">;

export interface DynamodbTable {
  client: DynamodbClient;
  tableName: string;
}

/** Receives the units that a page consumed. */
export type CountUnits = (units: number) => void;

/**
 * Yields every item of a query, page by page. The caller stops when it has enough. `count` is called for each page of a
 * query that asks for its capacity.
 */
export async function* queryItems(
  { client, tableName }: DynamodbTable,
  query: Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">,
  count?: CountUnits,
): AsyncGenerator<Item> {
  let startKey: Item | undefined;
  do {
    const input: QueryCommandInput = { ...query, TableName: tableName, ExclusiveStartKey: startKey };
    const {
      Items = [],
      LastEvaluatedKey,
      ConsumedCapacity,
    } = await guarded("Query", () => client.send(new QueryCommand(input)));
    count?.(ConsumedCapacity?.CapacityUnits ?? 1);
    yield* Items;
    startKey = LastEvaluatedKey;
  } while (startKey);
}
