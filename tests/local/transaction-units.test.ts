import { randomUUID } from "node:crypto";
import {
  PutItemCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import {
  type Item,
  itemOf,
  KB,
  keyOf,
  meteredTableForFile,
  read,
  type Units,
  written,
} from "../support/metered-table.ts";
import { rejectionOf } from "../support/samples.ts";

/** What the expected units come from. The pull requests measured the real service. */
const SOURCES = {
  capacity:
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling",
  writes:
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#write-operation-consumption",
  index:
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes",
  indexInTransaction: "https://github.com/nubo-db/dynoxide/pull/188",
  conditionCheck: "https://github.com/paritysuite/dynamodb-conformance/pull/67",
  repeated: "https://github.com/paritysuite/dynamodb-conformance/pull/74",
} as const;

const table = meteredTableForFile();
let keys = 0;
const newKey = (): Item => keyOf(`key-${++keys}`);

const put = (Item: Item, more: object = {}): TransactWriteItem => ({
  Put: { TableName: table.TableName, Item, ...more },
});
const remove = (Key: Item): TransactWriteItem => ({ Delete: { TableName: table.TableName, Key } });
const set = (Key: Item, name: string, value: string): TransactWriteItem => ({
  Update: {
    TableName: table.TableName,
    Key,
    UpdateExpression: "SET #n = :v",
    ExpressionAttributeNames: { "#n": name },
    ExpressionAttributeValues: { ":v": { S: value } },
  },
});
const check = (Key: Item, ConditionExpression = "attribute_not_exists(zzz)"): TransactWriteItem => ({
  ConditionCheck: { TableName: table.TableName, Key, ConditionExpression },
});

const transact = (TransactItems: TransactWriteItem[], ClientRequestToken?: string): Promise<unknown> =>
  table.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
const exists = async (bytes: number, more: Item = {}): Promise<Item> => {
  const key = newKey();
  const { TableName } = table;
  await table.client.send(new PutItemCommand({ TableName, Item: itemOf(bytes, key, more) }));
  return key;
};
const topic = (name: string): Item => ({ p2: { S: name } });
const puts = (count: number, bytes: number): TransactWriteItem[] =>
  Array.from({ length: count }, () => put(itemOf(bytes, newKey())));
const ABSENT = { ConditionExpression: "attribute_not_exists(p)" };
const ABSENT_OR_EXPIRED = {
  ConditionExpression: "attribute_not_exists(p) OR d < :now",
  ExpressionAttributeValues: { ":now": { S: "y" } },
};

type Case = [string, Units, keyof typeof SOURCES, () => Promise<TransactWriteItem[]> | TransactWriteItem[]];

const TRANSACTIONS: Case[] = [
  ["1 put of 500 bytes", written(2), "capacity", () => puts(1, 500)],
  ["2 puts of 500 bytes", written(4), "capacity", () => puts(2, 500)],
  ["3 puts of 500 bytes: AWS's own example", written(6), "capacity", () => puts(3, 500)],
  ["10 puts of 500 bytes", written(20), "capacity", () => puts(10, 500)],
  ["100 puts of 500 bytes", written(200), "capacity", () => puts(100, 500)],
  ["5 puts of 1 KB", written(10), "writes", () => puts(5, KB)],
  ["5 puts of 1 KB and a byte", written(20), "writes", () => puts(5, KB + 1)],
  [
    "puts of 0.5, 1.5 and 3.5 KB",
    written(2 + 4 + 8),
    "writes",
    () => [0.5, 1.5, 3.5].flatMap((kb) => puts(1, kb * KB)),
  ],
  ["2 puts onto nothing", written(4), "writes", () => [put(newKey(), ABSENT), put(newKey(), ABSENT)]],
  ["a put over a larger item", written(2 * 3), "writes", async () => [put(await exists(2.5 * KB))]],
  [
    "a put over a larger item that expired",
    written(2 * 3),
    "writes",
    async () => [put(await exists(2.5 * KB), ABSENT_OR_EXPIRED)],
  ],
  [
    "2 deletes of 3 KB",
    written(12),
    "writes",
    async () => [remove(await exists(3 * KB)), remove(await exists(3 * KB))],
  ],
  ["a delete of nothing", written(2), "writes", () => [remove(newKey())]],
  [
    "an update that makes an item of 3 KB smaller",
    written(6),
    "writes",
    async () => [set(await exists(3 * KB), "d", "x")],
  ],
  [
    "an update that makes an item of 0.5 KB larger",
    written(6),
    "writes",
    async () => [set(await exists(0.5 * KB), "d", "x".repeat(2.5 * KB))],
  ],
  [
    "2 updates that create an item",
    written(4),
    "writes",
    () => [set(newKey(), "d", "x"), set(newKey(), "d", "x")],
  ],
  ["2 condition checks of nothing", written(4), "conditionCheck", () => [check(newKey()), check(newKey())]],
  [
    "a condition check of an item of 2.5 KB and a put",
    written(6 + 2),
    "indexInTransaction",
    async () => [check(await exists(2.5 * KB)), ...puts(1, 500)],
  ],
  [
    "2 puts of new indexed items",
    written(2 * 3),
    "indexInTransaction",
    () => [put({ ...newKey(), ...topic("a") }), put({ ...newKey(), ...topic("a") })],
  ],
  [
    "a put of a new indexed item of 1.5 KB",
    written(4 + 2),
    "indexInTransaction",
    () => [put(itemOf(1.5 * KB, newKey(), topic("a")))],
  ],
  [
    "an update that moves an item in the index",
    written(2 + 2),
    "index",
    async () => [set(await exists(500, topic("a")), "p2", "b")],
  ],
  [
    "an update of another attribute of an indexed item",
    written(2 + 1),
    "index",
    async () => [set(await exists(500, topic("a")), "e", "x")],
  ],
  [
    "a put of an indexed item that changes nothing",
    written(2),
    "index",
    async () => {
      const item = { ...newKey(), ...topic("a") };
      await transact([put(item)]);
      return [put(item)];
    },
  ],
  [
    "a put that takes an item out of the index",
    written(2 + 1),
    "index",
    async () => [put(await exists(500, topic("a")))],
  ],
  [
    "a delete of an indexed item of 1.5 KB",
    written(4 + 2),
    "index",
    async () => [remove(await exists(1.5 * KB, topic("a")))],
  ],
];

describe("TransactWriteItems", () => {
  it.each(TRANSACTIONS)("consumes the units of each item: %s", async (_, units, _source, prepare) => {
    const items = await prepare();
    expect(await table.unitsOf(() => transact(items))).toEqual(units);
  });

  it("consumes twice 1 unit for each 4 KB that a repetition with the same token reads", async () => {
    const items = [...puts(3, 500), ...puts(2, 4.5 * KB)];
    const token = randomUUID();
    const once = (): Promise<unknown> => transact(items, token);
    expect(await table.unitsOf(once)).toEqual(written(3 * 2 + 2 * 10));
    expect(await table.unitsOf(once), SOURCES.repeated).toEqual(read(3 * 2 + 2 * 4));
  });

  it("consumes the units of each item, but none of the index, if a condition fails", async () => {
    const taken = await exists(2.5 * KB);
    const items = [put(taken, ABSENT), ...puts(3, 1.5 * KB), put({ ...newKey(), ...topic("a") })];
    expect(await table.unitsOf(() => rejectionOf(transact(items)))).toEqual(written(6 + 3 * 4 + 2));
  });

  it("consumes the units of an item that a failed condition check finds", async () => {
    const failing = check(await exists(2.5 * KB), "attribute_not_exists(p)");
    expect(await table.unitsOf(() => rejectionOf(transact([failing])))).toEqual(written(6));
  });

  it("consumes nothing if the request is invalid", async () => {
    const twice = newKey();
    const invalid = transact([put(twice), put(twice)]);
    expect(await table.unitsOf(() => rejectionOf(invalid))).toEqual(written(0));
  });
});

describe("TransactGetItems", () => {
  const get = (Keys: Item[], more: object = {}): Promise<unknown> => {
    const { TableName } = table;
    const TransactItems = Keys.map((Key) => ({ Get: { TableName, Key, ...more } }));
    return table.client.send(new TransactGetItemsCommand({ TransactItems }));
  };

  it("consumes 2 units for each item: 3 of 500 bytes take 6, AWS's own example", async () => {
    const some = [await exists(500), await exists(500), await exists(500)];
    expect(await table.unitsOf(() => get(some)), SOURCES.capacity).toEqual(read(6));
  });

  it("consumes 2 units for each started 4 KB of an item, also of what is not returned", async () => {
    const some = [await exists(4 * KB), await exists(4.5 * KB), await exists(10 * KB)];
    expect(await table.unitsOf(() => get(some))).toEqual(read(2 + 4 + 6));
    expect(await table.unitsOf(() => get(some, { ProjectionExpression: "u" }))).toEqual(read(2 + 4 + 6));
  });

  it("consumes 2 units for an item that does not exist", async () => {
    expect(await table.unitsOf(() => get([newKey(), newKey(), newKey()]))).toEqual(read(6));
  });
});
