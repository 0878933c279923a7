import {
  type AttributeValue,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  createTable,
  type MeteredDynamodb,
  startMeteredDynamodb,
} from "../../packages/local/src/dynamodb/index.ts";
import { rejectionOf } from "../support/samples.ts";

/** The expected units are those of AWS's documentation, with its own examples where it has some. */
const TableName = "units";
const KB = 1_024;
let dynamodb: MeteredDynamodb;
let client: DynamoDBClient;

beforeAll(async () => {
  const access = { region: "us-east-1", credentials: localCredentials };
  dynamodb = await startMeteredDynamodb({
    host: "127.0.0.1",
    port: undefined,
    upstream: inject("dynamodbEndpoint"),
  });
  await createTable({ endpoint: dynamodb.endpoint, tableName: TableName, ...access });
  client = new DynamoDBClient({ endpoint: dynamodb.endpoint, ...access });
});
afterAll(async () => {
  client?.destroy();
  await dynamodb?.stop();
});

type Item = Record<string, AttributeValue>;

const keyOf = (p: string, u = "u"): Item => ({ p: { S: p }, u: { S: u } });

/** Returns an item of exactly this number of bytes. Names and values count. */
function itemOf(bytes: number, key: Item, more: Item = {}): Item {
  const item = { ...key, ...more, d: { S: "" } };
  const size = Object.entries(item).reduce((sum, [name, { S = "" }]) => sum + name.length + S.length, 0);
  return { ...item, d: { S: "x".repeat(bytes - size) } };
}

async function unitsOf(act: () => Promise<unknown>): Promise<{ written: number; read: number }> {
  const before = dynamodb.usage();
  await act();
  const after = dynamodb.usage();
  return { written: after.writeUnits - before.writeUnits, read: after.readUnits - before.readUnits };
}

const written = (units: number): { written: number; read: number } => ({ written: units, read: 0 });
const read = (units: number): { written: number; read: number } => ({ written: 0, read: units });

const put = (Item: Item, more: Partial<PutItemCommandInput> = {}): Promise<unknown> =>
  client.send(new PutItemCommand({ TableName, Item, ...more }));
const transact = (TransactItems: TransactWriteItem[], ClientRequestToken?: string): Promise<unknown> =>
  client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));

describe("writing", () => {
  it("consumes a unit for each started KB of the larger of the old and the new item", async () => {
    expect(await unitsOf(() => put(itemOf(KB, keyOf("kb"))))).toEqual(written(1));
    expect(await unitsOf(() => put(itemOf(KB + 1, keyOf("kb+1"))))).toEqual(written(2));
    expect(await unitsOf(() => put(itemOf(1.6 * KB - 0.4, keyOf("1.6"))))).toEqual(written(2));
    expect(await unitsOf(() => put(keyOf("kb+1")))).toEqual(written(2));
    const Key = keyOf("1.6");
    expect(await unitsOf(() => client.send(new DeleteItemCommand({ TableName, Key })))).toEqual(written(2));
    expect(await unitsOf(() => client.send(new DeleteItemCommand({ TableName, Key })))).toEqual(written(1));
  });

  it("consumes the same again for an indexed item", async () => {
    const item = itemOf(1.5 * KB, keyOf("indexed"), { p2: { S: "topic" } });
    expect(await unitsOf(() => put(item))).toEqual(written(2 + 2));
    expect(await unitsOf(() => put(item))).toEqual(written(2)); // the index does not change
    const update = new UpdateItemCommand({
      TableName,
      Key: keyOf("indexed"),
      UpdateExpression: "SET e = :e",
      ExpressionAttributeValues: { ":e": { S: "1" } },
    });
    expect(await unitsOf(() => client.send(update))).toEqual(written(2 + 2));
  });

  it("rounds up each item of a batch: 500 bytes and 3.5 KB count as 5 KB", async () => {
    const batch = new BatchWriteItemCommand({
      RequestItems: {
        [TableName]: [itemOf(500, keyOf("batch-1")), itemOf(3.5 * KB, keyOf("batch-2"))].map((Item) => ({
          PutRequest: { Item },
        })),
      },
    });
    expect(await unitsOf(() => client.send(batch))).toEqual(written(5));
  });

  it("doubles the units of the table in a transaction, but not those of the index", async () => {
    const small = { Put: { TableName, Item: keyOf("transact-1") } };
    expect(await unitsOf(() => transact([small]))).toEqual(written(2));
    const Item = itemOf(1.5 * KB, keyOf("transact-2"), { p2: { S: "topic" } });
    const plain = { Put: { TableName, Item: itemOf(1.5 * KB, keyOf("transact-3")) } };
    expect(await unitsOf(() => transact([{ Put: { TableName, Item } }, plain]))).toEqual(
      written(2 * 2 + 2 + 2 * 2),
    );
  });

  it("counts a transaction's condition checks as writes", async () => {
    const check = {
      ConditionCheck: { TableName, Key: keyOf("absent"), ConditionExpression: "attribute_not_exists(p)" },
    };
    expect(await unitsOf(() => transact([check, { Put: { TableName, Item: keyOf("checked") } }]))).toEqual(
      written(2 + 2),
    );
  });

  it("counts a transaction that is repeated with its token as a read", async () => {
    const once = (): Promise<unknown> =>
      transact([{ Put: { TableName, Item: keyOf("token") } }], "one-token");
    expect(await unitsOf(once)).toEqual(written(2));
    expect(await unitsOf(once)).toEqual(read(2));
  });
});

describe("a write whose condition fails", () => {
  const ConditionExpression = "attribute_not_exists(p)";

  it("consumes the units of the write: 310 KB over 300 KB", async () => {
    await put(itemOf(300 * KB, keyOf("large")));
    const larger = itemOf(310 * KB, keyOf("large"));
    expect(await unitsOf(() => rejectionOf(put(larger, { ConditionExpression })))).toEqual(written(310));
  });

  it("consumes the units of the existing item if the caller asks for that item", async () => {
    const small = keyOf("large");
    const blind = (): Promise<unknown> => rejectionOf(put(small, { ConditionExpression }));
    expect(await unitsOf(blind)).toEqual(written(1));
    const seeing = { ConditionExpression, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
    expect(await unitsOf(() => rejectionOf(put(small, seeing)))).toEqual(written(300));
  });

  it("consumes twice the units of every item of a transaction", async () => {
    await put(keyOf("taken"));
    const taken = { Put: { TableName, Item: keyOf("taken"), ConditionExpression } };
    const free = { Put: { TableName, Item: itemOf(1.5 * KB, keyOf("free")) } };
    expect(await unitsOf(() => rejectionOf(transact([taken, free])))).toEqual(written(2 * 1 + 2 * 2));
  });

  it("consumes nothing if the request is invalid", async () => {
    expect(await unitsOf(() => rejectionOf(put({ p: { S: "no range key" } })))).toEqual(written(0));
  });
});

describe("reading", () => {
  beforeAll(async () => {
    await put(itemOf(3.5 * KB, keyOf("3.5")));
    await put(itemOf(10 * KB, keyOf("10")));
  });

  const get = (Key: Item, ConsistentRead = false): Promise<unknown> =>
    client.send(new GetItemCommand({ TableName, Key, ConsistentRead }));
  const query = (p: string, ConsistentRead = false): Promise<unknown> =>
    client.send(
      new QueryCommand({
        TableName,
        ConsistentRead,
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": { S: p } },
      }),
    );

  it("consumes half a unit for 4 KB, a whole one if consistent, and two in a transaction", async () => {
    expect(await unitsOf(() => get(keyOf("3.5")))).toEqual(read(0.5));
    expect(await unitsOf(() => get(keyOf("3.5"), true))).toEqual(read(1));
    expect(await unitsOf(() => get(keyOf("10")))).toEqual(read(1.5));
    expect(await unitsOf(() => get(keyOf("10"), true))).toEqual(read(3));
    const TransactItems = [keyOf("3.5"), keyOf("nobody")].map((Key) => ({ Get: { TableName, Key } }));
    expect(await unitsOf(() => client.send(new TransactGetItemsCommand({ TransactItems })))).toEqual(read(4));
  });

  it("consumes the same for an item that does not exist", async () => {
    expect(await unitsOf(() => get(keyOf("nobody")))).toEqual(read(0.5));
    expect(await unitsOf(() => get(keyOf("nobody"), true))).toEqual(read(1));
    expect(await unitsOf(() => query("nobody"))).toEqual(read(0.5));
    expect(await unitsOf(() => query("nobody", true))).toEqual(read(1));
  });

  it("rounds up the sum of a query's items: 1,500 of 64 bytes count as 96 KB", async () => {
    const items = Array.from({ length: 1_500 }, (_, index) => itemOf(64, keyOf("many", `${index + 10_000}`)));
    for (let start = 0; start < items.length; start += 25) {
      const puts = items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    }
    expect(await unitsOf(() => query("many"))).toEqual(read(12));
    expect(await unitsOf(() => query("many", true))).toEqual(read(24));
  });

  it("consumes the units of a whole index page, also if the query selects a part of it", async () => {
    const topic = { p2: { S: "audience" } };
    for (let index = 0; index < 10; index++) await put(itemOf(KB, keyOf("row", `${index}`), topic));
    const page = (more: { Select?: "COUNT"; ProjectionExpression?: string }): Promise<unknown> =>
      client.send(
        new QueryCommand({
          TableName,
          IndexName: "SecondaryIndex",
          KeyConditionExpression: "p2 = :t",
          ExpressionAttributeValues: { ":t": topic.p2 },
          ...more,
        }),
      );
    expect(await unitsOf(() => page({}))).toEqual(read(1.5));
    expect(await unitsOf(() => page({ Select: "COUNT" }))).toEqual(read(1.5));
    expect(await unitsOf(() => page({ ProjectionExpression: "u" }))).toEqual(read(1.5));
  });
});
