import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { guarded } from "../sdk/aws-failure.ts";
import type { Item } from "./attributes.ts";

export interface DynamodbTable {
  client: DynamoDBClient;
  tableName: string;
}

/** Yields every item of a query, page by page. The caller stops when it has enough. */
export async function* queryItems(
  { client, tableName }: DynamodbTable,
  query: Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">,
): AsyncGenerator<Item> {
  let startKey: Item | undefined;
  do {
    const input: QueryCommandInput = { ...query, TableName: tableName, ExclusiveStartKey: startKey };
    const { Items = [], LastEvaluatedKey } = await guarded("Query", () =>
      client.send(new QueryCommand(input)),
    );
    yield* Items;
    startKey = LastEvaluatedKey;
  } while (startKey);
}
