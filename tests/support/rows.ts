import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateScan,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { Consumer } from "lambda-websocket-pubsub";

type Row = Record<string, AttributeValue>;

interface Table {
  dynamodb: DynamoDBClient;
  config: { dynamodbTableName: string };
}

/** DynamoDB's limit for the items of one BatchWriteItem. */
const BATCH_WRITE_MAX = 25;
const BATCHES_AT_ONCE = 8;

/** Returns a subscription as a row with only its keys, so it is not recent and never expires. */
export const subscriptionRow = (
  connectionId: string,
  topicId: string,
  domainName: string = "sink.example",
): Row => ({
  p: { S: `consumer#${domainName}/$default/${connectionId}` },
  u: { S: `topic#${topicId}` },
  p2: { S: `topic#${topicId}` },
});

/** Returns a subscription's row as the old package of this name wrote it. */
export function legacyRow({ domainName, stage, connectionId }: Consumer, topicId: string): Row {
  const consumer = { S: `${domainName}/${stage}/${connectionId}` };
  const attributes = {
    domainName: { S: domainName },
    stage: { S: stage },
    connectionId: { S: connectionId },
  };
  return { p: { S: topicId }, u: consumer, p2: consumer, topicId: { S: topicId }, ...attributes };
}

/** Returns connection ids in API Gateway's format, including the `=` at the end. */
export const connectionIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `conn-${String(index).padStart(6, "0")}=`);

/** Writes subscriptions without the library. Returns the connection ids. */
export async function seedSubscribers(table: Table, topicId: string, count: number): Promise<string[]> {
  const ids = connectionIds(count);
  await writeRows(
    table,
    ids.map((id) => subscriptionRow(id, topicId)),
  );
  return ids;
}

export async function writeRows({ dynamodb, config }: Table, rows: readonly Row[]): Promise<void> {
  let next = 0;
  const lanes = Array.from({ length: BATCHES_AT_ONCE }, async () => {
    while (next < rows.length) {
      const batch = rows.slice(next, next + BATCH_WRITE_MAX);
      next += batch.length;
      let requests = batch.map((Item): WriteRequest => ({ PutRequest: { Item } }));
      while (requests.length > 0) {
        const command = new BatchWriteItemCommand({ RequestItems: { [config.dynamodbTableName]: requests } });
        const { UnprocessedItems } = await dynamodb.send(command);
        requests = UnprocessedItems?.[config.dynamodbTableName] ?? [];
      }
    }
  });
  await Promise.all(lanes);
}

/** Returns the whole table in key order. With a prefix, returns the items whose hash key begins with it. */
export async function readRows({ dynamodb, config }: Table, prefix: string = ""): Promise<Row[]> {
  const rows: Row[] = [];
  const scan = { TableName: config.dynamodbTableName, ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, scan)) rows.push(...Items);
  const keyOf = ({ p, u }: Row): string => JSON.stringify([p?.S, u?.S]);
  return rows.filter(({ p }) => p?.S?.startsWith(prefix)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
