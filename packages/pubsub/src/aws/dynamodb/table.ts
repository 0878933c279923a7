import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { guarded } from "../sdk/aws-failure.ts";
import type { Item } from "./attributes.ts";

export interface DynamodbTable {
  client: DynamoDBClient;
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
