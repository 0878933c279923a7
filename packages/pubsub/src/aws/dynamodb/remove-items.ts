import type { WriteRequest } from "@aws-sdk/client-dynamodb";
import { PubsubError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { guarded } from "../sdk/aws-failure.ts";
import {
  isInconclusive,
  throttled,
  unlessThrottled,
  untilConclusive,
  WRITE_LIMITS,
} from "../sdk/until-conclusive.ts";
import type { Item } from "./attributes.ts";
import { BatchWriteItemCommand, DeleteItemCommand } from "./commands.ts";
import type { DynamodbTable } from "./table.ts";

/** DynamoDB: the maximum number of items in one BatchWriteItem. */
const BATCH_WRITE_MAX = 25;

/** Removes the items with these keys, in as many batches as needed. It does not fail if an item does not exist. */
export async function removeItems(table: DynamodbTable, clock: Clock, keys: readonly Item[]): Promise<void> {
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

/** DynamoDB reports a throttled item as unprocessed, and the whole batch as throttled if it wrote none of them. */
async function removeBatch(
  { client, tableName }: DynamodbTable,
  clock: Clock,
  keys: readonly Item[],
): Promise<void> {
  let requests = keys.map((Key): WriteRequest => ({ DeleteRequest: { Key } }));
  let tries = 0;
  await untilConclusive(clock, WRITE_LIMITS, async () => {
    tries += 1;
    const batch = new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } });
    const written = await unlessThrottled("STORAGE_FAILED", "BatchWriteItem", () => client.send(batch));
    if (isInconclusive(written)) return written;
    requests = written.UnprocessedItems?.[tableName] ?? [];
    if (requests.length === 0) return undefined;
    const message = `BatchWriteItem left ${requests.length} items unprocessed ${tries} times`;
    return throttled(new PubsubError("STORAGE_FAILED", message, { retryable: true }));
  });
}
