import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateQuery,
} from "@aws-sdk/client-dynamodb";
import { ledgerKey, parseEventKey, TABLE, topicKey } from "lambda-websocket-pubsub/schema";

/** The table's two keys of a row. */
export interface Row {
  p: string;
  u: string;
}

export interface Cleanup {
  addTopic(topicId: string): void;
  addRow(row: Row): void;
  /** Removes what was added. Returns one line for each thing that could not be removed. It does not reject. */
  run(): Promise<string[]>;
}

const DELETES_AT_ONCE = 25;

/** Removes a topic's events, idempotency and epoch records, its ledgers and its subscriptions, and single rows. */
export function createCleanup(client: DynamoDBClient, tableName: string): Cleanup {
  const topics = new Set<string>();
  const single: Row[] = [];

  async function removeTopic(topicId: string): Promise<void> {
    const rows = await rowsOf(topicKey(topicId));
    for (const { u } of rows) {
      const event = parseEventKey(u);
      if (event) await remove(await rowsOf(ledgerKey(topicId, event.epoch, event.offset)));
    }
    await remove([...(await subscriptionsOf(topicId)), ...rows]);
  }

  const rowsOf = (p: string): Promise<Row[]> => query({ key: TABLE.hashKey, value: p });
  // A table without the index cannot have subscriptions that are found by it
  const subscriptionsOf = (topicId: string): Promise<Row[]> =>
    query({ key: TABLE.index.hashKey, value: topicKey(topicId), index: TABLE.index.name }).catch(() => []);

  async function query({
    key,
    value,
    index,
  }: {
    key: string;
    value: string;
    index?: string;
  }): Promise<Row[]> {
    const rows: Row[] = [];
    const input = {
      TableName: tableName,
      ...(index !== undefined && { IndexName: index }),
      KeyConditionExpression: "#key = :value",
      ExpressionAttributeNames: { "#key": key },
      ExpressionAttributeValues: { ":value": { S: value } },
    };
    for await (const { Items = [] } of paginateQuery({ client }, input)) rows.push(...Items.map(toRow));
    return rows;
  }

  async function remove(rows: readonly Row[]): Promise<void> {
    for (let from = 0; from < rows.length; from += DELETES_AT_ONCE) {
      await Promise.all(rows.slice(from, from + DELETES_AT_ONCE).map(removeRow));
    }
  }

  async function removeRow({ p, u }: Row): Promise<void> {
    const Key = { [TABLE.hashKey]: { S: p }, [TABLE.rangeKey]: { S: u } };
    await client.send(new DeleteItemCommand({ TableName: tableName, Key }));
  }

  return {
    addTopic: (topicId) => topics.add(topicId),
    addRow: (row) => single.push(row),
    async run() {
      const problems: string[] = [];
      const tryTo = async (what: string, removing: Promise<void>): Promise<void> => {
        await removing.catch((error: unknown) => problems.push(`${what}: ${String(error)}`));
      };
      for (const topicId of topics) await tryTo(`the rows of topic ${topicId}`, removeTopic(topicId));
      await tryTo(`${single.length} rows of the checks`, remove(single));
      return problems;
    },
  };
}

const toRow = (item: Record<string, AttributeValue>): Row => ({
  p: item[TABLE.hashKey]?.S ?? "",
  u: item[TABLE.rangeKey]?.S ?? "",
});
