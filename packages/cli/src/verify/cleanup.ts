import { setTimeout as delay } from "node:timers/promises";
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateQuery,
} from "@aws-sdk/client-dynamodb";
import { ledgerKey, ledgerRunsKey, parseEventKey, TABLE, topicKey } from "lambda-websocket-pubsub/schema";

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
const PASSES_MAX = 5;
const BETWEEN_PASSES_MS = 500;

/** Removes a topic's events, idempotency and epoch records, its ledgers and its subscriptions, and single rows. */
export function createCleanup(client: DynamoDBClient, tableName: string): Cleanup {
  const topics = new Set<string>();
  const single: Row[] = [];
  /** Kept over the passes: a worker writes the ledger after its posts, when the events may be removed already. */
  const ledgers = new Map<string, Set<string>>();

  /** Returns how many rows it removed. */
  async function removeTopic(topicId: string): Promise<number> {
    const rows = [...(await subscriptionsOf(topicId)), ...(await rowsOf(topicKey(topicId)))];
    const keys = ledgers.get(topicId) ?? new Set<string>();
    ledgers.set(topicId, keys);
    for (const { u } of rows) {
      const event = parseEventKey(u);
      if (!event) continue;
      keys.add(ledgerKey(topicId, event.epoch, event.offset)).add(ledgerRunsKey(topicId, event.epoch));
    }
    for (const key of keys) rows.push(...(await rowsOf(key)));
    await remove(rows);
    return rows.length;
  }

  /** A worker or a $disconnect handler may still write: the rows are looked for until none is found. */
  async function removeTopics(): Promise<void> {
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      if (pass > 0) await delay(BETWEEN_PASSES_MS);
      let removed = 0;
      for (const topicId of topics) removed += await removeTopic(topicId);
      if (removed === 0) return;
    }
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
      await tryTo(`rows of ${topics.size} topics that begin with ${[...topics][0]}`, removeTopics());
      await tryTo(`${single.length} rows of the checks`, remove(single));
      return problems;
    },
  };
}

const toRow = (item: Record<string, AttributeValue>): Row => ({
  p: item[TABLE.hashKey]?.S ?? "",
  u: item[TABLE.rangeKey]?.S ?? "",
});
