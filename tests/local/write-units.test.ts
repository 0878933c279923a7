import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import {
  type Item,
  itemOf,
  KB,
  keyOf,
  meteredTableForFile,
  type Units,
  written,
} from "../support/metered-table.ts";
import { rejectionOf } from "../support/samples.ts";

/**
 * The expected units are those of AWS's documentation, with its own examples where it has some:
 *
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
const table = meteredTableForFile();
let keys = 0;
const newKey = (): Item => keyOf(`key-${++keys}`);
const topic = (name: string): Item => ({ p2: { S: name } });

type Act = () => Promise<unknown>;

const put = (Item: Item, more: Partial<PutItemCommandInput> = {}): Promise<unknown> =>
  table.client.send(new PutItemCommand({ TableName: table.TableName, Item, ...more }));
const remove = (Key: Item): Promise<unknown> =>
  table.client.send(new DeleteItemCommand({ TableName: table.TableName, Key }));
const set = (Key: Item, name: string, value: string | undefined): Promise<unknown> =>
  table.client.send(
    new UpdateItemCommand({
      TableName: table.TableName,
      Key,
      UpdateExpression: value === undefined ? "REMOVE #n" : "SET #n = :v",
      ExpressionAttributeNames: { "#n": name },
      ...(value !== undefined && { ExpressionAttributeValues: { ":v": { S: value } } }),
    }),
  );
const exists = async (bytes: number, more: Item = {}): Promise<Item> => {
  const key = newKey();
  await put(itemOf(bytes, key, more));
  return key;
};
const batch = (puts: readonly Item[], deletes: readonly Item[] = []): Promise<unknown> =>
  table.client.send(
    new BatchWriteItemCommand({
      RequestItems: {
        [table.TableName]: [
          ...puts.map((Item) => ({ PutRequest: { Item } })),
          ...deletes.map((Key) => ({ DeleteRequest: { Key } })),
        ],
      },
    }),
  );

/** Prepares the table, and returns the call whose units are counted. */
type Case = [string, Units, () => Promise<Act> | Act];

const WRITES: Case[] = [
  ["a put of 1 KB", written(1), () => () => put(itemOf(KB, newKey()))],
  ["a put of 1 KB and a byte", written(2), () => () => put(itemOf(KB + 1, newKey()))],
  ["a put of 1.6 KB", written(2), () => () => put(itemOf(Math.round(1.6 * KB), newKey()))],
  [
    "a small put over 3.5 KB",
    written(4),
    async () => {
      const key = await exists(3.5 * KB);
      return () => put(key);
    },
  ],
  [
    "an update that makes 3.5 KB smaller",
    written(4),
    async () => {
      const key = await exists(3.5 * KB);
      return () => set(key, "d", "x");
    },
  ],
  [
    "an update that makes 0.5 KB larger",
    written(3),
    async () => {
      const key = await exists(0.5 * KB);
      return () => set(key, "d", "x".repeat(2.5 * KB));
    },
  ],
  [
    "a delete of 1.6 KB",
    written(2),
    async () => {
      const key = await exists(Math.round(1.6 * KB));
      return () => remove(key);
    },
  ],
  ["a delete of nothing", written(1), () => () => remove(newKey())],
  [
    "a batch of 500 bytes and 3.5 KB, AWS's own example",
    written(5),
    () => () => batch([itemOf(500, newKey()), itemOf(3.5 * KB, newKey())]),
  ],
  [
    "a batch of 25 puts of equal size",
    written(25),
    () => () => batch(Array.from({ length: 25 }, () => itemOf(500, newKey()))),
  ],
  [
    "a batch of 3 deletes of 1.5 KB",
    written(6),
    async () => {
      const some = [await exists(1.5 * KB), await exists(1.5 * KB), await exists(1.5 * KB)];
      return () => batch([], some);
    },
  ],
  ["a batch of 3 deletes of nothing", written(3), () => () => batch([], [newKey(), newKey(), newKey()])],
  [
    "a batch of a put of 1.5 KB, a delete of 1.5 KB and a delete of nothing",
    written(2 + 2 + 1),
    async () => {
      const there = await exists(1.5 * KB);
      return () => batch([itemOf(1.5 * KB, newKey())], [there, newKey()]);
    },
  ],
  [
    "a batch of 3 indexed puts",
    written(6),
    () => () => batch(Array.from({ length: 3 }, () => ({ ...newKey(), ...topic("a") }))),
  ],
];

const INDEXED: Case[] = [
  ["a new item of 1.5 KB", written(2 + 2), () => () => put(itemOf(1.5 * KB, newKey(), topic("a")))],
  [
    "a put that changes nothing",
    written(1),
    async () => {
      const item = { ...newKey(), ...topic("a") };
      await put(item);
      return () => put(item);
    },
  ],
  [
    "an update that enters an item",
    written(1 + 1),
    async () => {
      const key = await exists(500);
      return () => set(key, "p2", "a");
    },
  ],
  [
    "an update of another attribute",
    written(1 + 1),
    async () => {
      const key = await exists(500, topic("a"));
      return () => set(key, "e", "x");
    },
  ],
  [
    "an update that moves an item",
    written(1 + 2),
    async () => {
      const key = await exists(500, topic("a"));
      return () => set(key, "p2", "b");
    },
  ],
  [
    "an update that removes an item",
    written(1 + 1),
    async () => {
      const key = await exists(500, topic("a"));
      return () => set(key, "p2", undefined);
    },
  ],
  [
    "a delete of 1.5 KB",
    written(2 + 2),
    async () => {
      const key = await exists(1.5 * KB, topic("a"));
      return () => remove(key);
    },
  ],
];

describe("a write", () => {
  it.each(WRITES)("consumes a unit for each started KB: %s", async (_, units, prepare) => {
    expect(await table.unitsOf(await prepare())).toEqual(units);
  });

  it.each(INDEXED)("consumes units of the index: %s", async (_, units, prepare) => {
    expect(await table.unitsOf(await prepare())).toEqual(units);
  });
});

describe("a write whose condition fails", () => {
  const ConditionExpression = "attribute_not_exists(p)";

  it.each([
    ["310 KB over 300 KB, AWS's own example", 310, 310],
    ["1 KB over 300 KB", 1, 300],
  ])("consumes the units of the larger item: %s", async (_, kilobytes, units) => {
    const key = await exists(300 * KB, topic("a"));
    const blind = (): Promise<unknown> => put(itemOf(kilobytes * KB, key), { ConditionExpression });
    expect(await table.unitsOf(() => rejectionOf(blind()))).toEqual(written(units));
    const seeing = { ConditionExpression, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
    const put310 = (): Promise<unknown> => rejectionOf(put(itemOf(kilobytes * KB, key), seeing));
    expect(await table.unitsOf(put310)).toEqual(written(units));
  });

  it("consumes a unit for a delete or an update of nothing", async () => {
    const Key = newKey();
    const failing = { TableName: table.TableName, Key, ConditionExpression: "attribute_exists(p)" };
    const removing = (): Promise<unknown> => table.client.send(new DeleteItemCommand(failing));
    expect(await table.unitsOf(() => rejectionOf(removing()))).toEqual(written(1));
    const updating = new UpdateItemCommand({ ...failing, UpdateExpression: "REMOVE d" });
    expect(await table.unitsOf(() => rejectionOf(table.client.send(updating)))).toEqual(written(1));
  });

  it("consumes nothing if the request is invalid", async () => {
    expect(await table.unitsOf(() => rejectionOf(put({ p: { S: "no range key" } })))).toEqual(written(0));
  });
});
