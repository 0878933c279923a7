import type { DynamoDBClient, QueryCommandInput, QueryCommandOutput } from "@aws-sdk/client-dynamodb";
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
  table: DynamodbTable,
  query: PagedQuery,
  count?: CountUnits,
): AsyncGenerator<Item> {
  for await (const { Items = [], ConsumedCapacity } of queryPages(table, query)) {
    count?.(ConsumedCapacity?.CapacityUnits ?? 1);
    yield* Items;
  }
}

type PagedQuery = Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">;

/** Yields every response of a query. */
export async function* queryPages(
  { client, tableName }: DynamodbTable,
  query: PagedQuery,
): AsyncGenerator<QueryCommandOutput> {
  let startKey: Item | undefined;
  do {
    const input: QueryCommandInput = { ...query, TableName: tableName, ExclusiveStartKey: startKey };
    const page: QueryCommandOutput = await guarded("Query", () => client.send(new QueryCommand(input)));
    yield page;
    startKey = page.LastEvaluatedKey;
  } while (startKey);
}
