import { BatchWriteItemCommand, DeleteItemCommand, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { PubsubError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { guarded } from "../sdk/aws-failure.ts";
import type { Item } from "./attributes.ts";
import type { DynamodbTable } from "./table.ts";

/** DynamoDB: the maximum number of items in one BatchWriteItem. */
const BATCH_WRITE_MAX = 25;
const UNPROCESSED_TRIES = 8;

type Waiting = Pick<Clock, "sleep" | "random">;

/** Removes the items with these keys, in as many batches as needed. It does not fail if an item does not exist. */
export async function removeItems(
  table: DynamodbTable,
  clock: Waiting,
  keys: readonly Item[],
): Promise<void> {
  const { client, tableName: TableName } = table;
  const [only] = keys;
  if (only && keys.length === 1) {
    await guarded("DeleteItem", () => client.send(new DeleteItemCommand({ TableName, Key: only })));
    return;
  }
  for (let start = 0; start < keys.length; start += BATCH_WRITE_MAX) {
    await removeBatch(table, clock, keys.slice(start, start + BATCH_WRITE_MAX));
  }
}

async function removeBatch(
  { client, tableName }: DynamodbTable,
  clock: Waiting,
  keys: readonly Item[],
): Promise<void> {
  let requests = keys.map((Key): WriteRequest => ({ DeleteRequest: { Key } }));
  for (let tries = 0; tries < UNPROCESSED_TRIES; tries++) {
    const batch = new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } });
    const { UnprocessedItems } = await guarded("BatchWriteItem", () => client.send(batch));
    requests = UnprocessedItems?.[tableName] ?? [];
    if (requests.length === 0) return;
    await clock.sleep(clock.random() * 50 * 2 ** tries);
  }
  const message = `BatchWriteItem left ${requests.length} items unprocessed ${UNPROCESSED_TRIES} times`;
  throw new PubsubError("STORAGE_FAILED", message, { retryable: true });
}
