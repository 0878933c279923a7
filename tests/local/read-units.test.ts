import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, it } from "vitest";
import { type Item, itemOf, KB, keyOf, meteredTableForFile, read } from "../support/metered-table.ts";

/**
 * The expected units are those of AWS's documentation, with its own examples where it has some:
 *
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Reads
 */
const table = meteredTableForFile();
const topic = (name: string): Item => ({ p2: { S: name } });

type Act = () => Promise<unknown>;

const put = (Item: Item): Promise<unknown> =>
  table.client.send(new PutItemCommand({ TableName: table.TableName, Item }));
const putAll = (items: readonly Item[]): Promise<unknown> => {
  const puts = items.map((Item) => ({ PutRequest: { Item } }));
  return table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.TableName]: puts } }));
};

describe("a read", () => {
  beforeAll(async () => {
    const puts: Promise<unknown>[] = [];
    puts.push(put(itemOf(1.5 * KB, keyOf("1.5"))));
    puts.push(put(itemOf(3.5 * KB, keyOf("3.5"))));
    puts.push(put(itemOf(6.5 * KB, keyOf("6.5"))));
    puts.push(put(itemOf(10 * KB, keyOf("10"))));
    const many = Array.from({ length: 1_500 }, (_, index) => itemOf(64, keyOf("many", `${index + 10_000}`)));
    for (let start = 0; start < many.length; start += 25) puts.push(putAll(many.slice(start, start + 25)));
    for (let index = 0; index < 10; index++) puts.push(put(itemOf(4_178, keyOf("40.8", `${index}`))));
    for (let index = 0; index < 8; index++)
      puts.push(put(itemOf(2_000, keyOf("row", `${index}`), topic("2000"))));
    await Promise.all(puts);
  });

  const get = (Key: Item, ConsistentRead = false): Promise<unknown> =>
    table.client.send(new GetItemCommand({ TableName: table.TableName, Key, ConsistentRead }));
  const getAll = (Keys: Item[], ConsistentRead = false): Promise<unknown> => {
    const RequestItems = { [table.TableName]: { Keys, ConsistentRead } };
    return table.client.send(new BatchGetItemCommand({ RequestItems }));
  };
  const query = (p: string, more: Partial<QueryCommandInput> = {}): Promise<unknown> =>
    table.client.send(
      new QueryCommand({
        TableName: table.TableName,
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": { S: p } },
        ...more,
      }),
    );
  const queryIndex = (p2: string, more: Partial<QueryCommandInput> = {}): Promise<unknown> =>
    query(p2, { IndexName: "SecondaryIndex", KeyConditionExpression: "p2 = :p", ...more });
  const consistent = { ConsistentRead: true };

  const READS: [string, number, Act][] = [
    ["a get of 3.5 KB", 0.5, () => get(keyOf("3.5"))],
    ["a consistent get of 3.5 KB", 1, () => get(keyOf("3.5"), true)],
    ["a get of 10 KB", 1.5, () => get(keyOf("10"))],
    ["a consistent get of 10 KB", 3, () => get(keyOf("10"), true)],
    ["a get of nothing", 0.5, () => get(keyOf("nothing"))],
    ["a consistent get of nothing", 1, () => get(keyOf("nothing"), true)],
    ["a batch of 1.5 and 6.5 KB, AWS's own example", 1.5, () => getAll([keyOf("1.5"), keyOf("6.5")])],
    ["a consistent batch of 1.5 and 6.5 KB", 3, () => getAll([keyOf("1.5"), keyOf("6.5")], true)],
    [
      "a batch of 50 items of equal size",
      25,
      () => getAll(Array.from({ length: 50 }, (_, index) => keyOf("many", `${index + 10_000}`))),
    ],
    ["a batch of 3.5 KB and nothing", 1, () => getAll([keyOf("3.5"), keyOf("nothing")])],
    ["a batch of nothing and nothing", 1, () => getAll([keyOf("nothing"), keyOf("nothing", "too")])],
    ["a query of nothing", 0.5, () => query("nothing")],
    ["a consistent query of nothing", 1, () => query("nothing", consistent)],
    ["a query of 1,500 items of 64 bytes, AWS's own example", 12, () => query("many")],
    ["a consistent query of 1,500 items of 64 bytes", 24, () => query("many", consistent)],
    ["a query of 40.8 KB, AWS's own example", 5.5, () => query("40.8")],
    ["a consistent query of 40.8 KB", 11, () => query("40.8", consistent)],
    ["a query that counts 40.8 KB", 5.5, () => query("40.8", { Select: "COUNT" })],
    [
      "a query that filters all of 40.8 KB out",
      5.5,
      () => query("40.8", { FilterExpression: "attribute_exists(zzz)" }),
    ],
    ["a query with a limit of 1", 1, () => query("40.8", { Limit: 1 })],
    ["an index query of 8 items of 2,000 bytes, AWS's own example", 2, () => queryIndex("2000")],
    ["an index query that counts them", 2, () => queryIndex("2000", { Select: "COUNT" })],
    ["an index query that selects a part", 2, () => queryIndex("2000", { ProjectionExpression: "u" })],
    ["an index query of nothing", 0.5, () => queryIndex("nothing")],
    [
      "a scan with a limit of 1",
      1,
      () =>
        table.client.send(
          new ScanCommand({
            TableName: table.TableName,
            Limit: 1,
            ExclusiveStartKey: keyOf("40.8", "3"),
          }),
        ),
    ],
  ];

  it.each(READS)(
    "consumes a unit for each started 8 KB, or 4 KB if consistent: %s",
    async (_, units, act) => {
      expect(await table.unitsOf(act)).toEqual(read(units));
    },
  );
});
