import {
  BatchWriteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  createTable,
  type MeteredDynamodb,
  startMeteredDynamodb,
} from "../../packages/local/src/dynamodb/index.ts";
import type { CallSubject, DynamodbFault } from "../../packages/local/src/faults/call-fault-types.ts";
import { rejectionOf } from "../support/samples.ts";

const TableName = "faulty";
let dynamodb: MeteredDynamodb;
let client: DynamoDBClient;

const clientOf = (options: DynamoDBClientConfig = {}): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: dynamodb.endpoint,
    region: "us-east-1",
    credentials: localCredentials,
    maxAttempts: 1,
    ...options,
  });

beforeAll(async () => {
  const upstream = inject("dynamodbEndpoint");
  dynamodb = await startMeteredDynamodb({ host: "127.0.0.1", port: undefined, upstream });
  client = clientOf();
  const { endpoint } = dynamodb;
  await createTable({ endpoint, tableName: TableName, region: "us-east-1", credentials: localCredentials });
});
afterEach(() => dynamodb.faults.clear());
afterAll(async () => {
  client?.destroy();
  await dynamodb?.stop();
});

const order = (fault: DynamodbFault): (() => void) => dynamodb.faults.add(fault);
const keyOf = (p: string) => ({ p: { S: p }, u: { S: "u" } });
const put = (p: string) => client.send(new PutItemCommand({ TableName, Item: keyOf(p) }));
const isThere = async (p: string): Promise<boolean> =>
  (await client.send(new GetItemCommand({ TableName, Key: keyOf(p) }))).Item !== undefined;

describe("injected faults of calls", () => {
  it.each([
    ["ProvisionedThroughputExceededException", 400],
    ["ThrottlingException", 400],
    ["InternalServerError", 500],
    ["ServiceUnavailable", 503],
    ["RequestLimitExceeded", 400],
    ["AccessDeniedException", 400],
    ["ResourceNotFoundException", 400],
    ["ValidationException", 400],
    ["UnrecognizedClientException", 400],
    ["ExpiredTokenException", 400],
  ] as const)("are refused with %s, and not made", async (error, httpStatusCode) => {
    order({ operations: ["PutItem"], error });
    expect(await rejectionOf(put(error))).toMatchObject({ name: error, $metadata: { httpStatusCode } });
    expect(await isThere(error)).toBe(false);
  });

  it("returns a conflict with a transaction as an exception or as the reason of a cancelled one", async () => {
    order({ error: "TransactionConflict" });
    expect(await rejectionOf(put("conflict"))).toMatchObject({ name: "TransactionConflictException" });
    const puts = ["conflict-1", "conflict-2"].map((p) => ({ Put: { TableName, Item: keyOf(p) } }));
    const transaction = new TransactWriteItemsCommand({ TransactItems: puts });
    expect(await rejectionOf(client.send(transaction))).toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }],
    });
    expect(await isThere("conflict-1")).toBe(false);
  });

  it.each(["ThrottlingError", "ProvisionedThroughputExceeded"] as const)(
    "cancels a transaction with the reason %s and lets other calls pass",
    async (error) => {
      order({ error });
      await put(`${error}-put`);
      const puts = ["1", "2"].map((n) => ({ Put: { TableName, Item: keyOf(`${error}-${n}`) } }));
      const transaction = new TransactWriteItemsCommand({ TransactItems: puts });
      expect(await rejectionOf(client.send(transaction))).toMatchObject({
        name: "TransactionCanceledException",
        message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${error}, None]`,
        CancellationReasons: [
          { Code: error, Message: expect.stringContaining("hroughput") },
          { Code: "None" },
        ],
      });
      expect(await isThere(`${error}-1`)).toBe(false);
    },
  );

  it("reports a transaction as in progress only to TransactWriteItems", async () => {
    order({ error: "TransactionInProgressException" });
    await put("passing");
    const puts = [{ Put: { TableName, Item: keyOf("in progress") } }];
    const transaction = new TransactWriteItemsCommand({ TransactItems: puts });
    expect(await rejectionOf(client.send(transaction))).toMatchObject({
      name: "TransactionInProgressException",
    });
  });

  it("resets a call before or after it is made", async () => {
    order({ operations: ["PutItem"], times: 1, act: "reset" });
    order({ operations: ["PutItem"], times: 1, act: "lose-answer" });
    expect(await rejectionOf(put("reset"))).toMatchObject({ code: "ECONNRESET" });
    expect(await rejectionOf(put("lost"))).toMatchObject({ code: "ECONNRESET" });
    expect(await isThere("reset")).toBe(false);
    expect(await isThere("lost")).toBe(true);
  });

  it("hangs until the caller gives up and does not make the call", async () => {
    const arrived = Promise.withResolvers<void>();
    order({
      operations: ["PutItem"],
      act: "hang",
      match: () => {
        arrived.resolve();
        return true;
      },
    });
    const givingUp = new AbortController();
    const command = new PutItemCommand({ TableName, Item: keyOf("hanging") });
    const sent = rejectionOf(client.send(command, { abortSignal: givingUp.signal }));
    await arrived.promise;
    givingUp.abort();
    expect(await sent).toMatchObject({ name: "AbortError" });
    expect(await isThere("hanging")).toBe(false);
  });

  it("delays a call for the given time and then makes it", async () => {
    order({ operations: ["PutItem"], delayMs: 150 });
    const startedMs = performance.now();
    await put("slow");
    expect(performance.now() - startedMs).toBeGreaterThan(140);
    expect(await isThere("slow")).toBe(true);
  });

  it("gives match the call's request and its caller", async () => {
    const seen: CallSubject[] = [];
    order({
      delayMs: 0,
      match: (call) => {
        seen.push(call);
        return false;
      },
    });
    const named = clientOf({ credentials: { ...localCredentials, sessionToken: "fanout/123" } });
    await named.send(new PutItemCommand({ TableName, Item: keyOf("named") }));
    named.destroy();
    expect(seen).toEqual([
      { operation: "PutItem", caller: "fanout/123", body: { TableName, Item: keyOf("named") } },
    ]);
  });

  it("hits calls at a rate, with repeatable draws, until the rule is removed", async () => {
    const draws = [0.1, 0.9, 0.1];
    const dispose = order({ error: "ThrottlingException", rate: 0.5, random: () => draws.shift() ?? 0 });
    const fates: boolean[] = [];
    for (const p of ["a", "b", "c"])
      fates.push(
        await put(p).then(
          () => true,
          () => false,
        ),
      );
    expect(fates).toEqual([false, true, false]);
    dispose();
    await put("d");
  });
});

describe("a batch", () => {
  it("is written in part, and the response lists the rest as unprocessed", async () => {
    order({ act: "partly" });
    const ids = Array.from({ length: 20 }, (_, index) => `batch-${index}`);
    const requests = ids.map((p) => ({ PutRequest: { Item: keyOf(p) } }));
    const batch = new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } });
    const { UnprocessedItems = {} } = await client.send(batch);
    const left = (UnprocessedItems[TableName] ?? []).map(({ PutRequest }) => PutRequest?.Item?.p?.S ?? "");
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(ids.length);
    for (const p of ids) expect(await isThere(p), p).toBe(!left.includes(p));
  });

  it("is written as a whole if it has one item", async () => {
    order({ act: "partly" });
    const requests = [{ PutRequest: { Item: keyOf("alone") } }];
    const batch = new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } });
    expect((await client.send(batch)).UnprocessedItems).toEqual({});
    expect(await isThere("alone")).toBe(true);
  });
});

describe("an index that lags", () => {
  async function pages(topic: string, Limit: number): Promise<string[][]> {
    const found: string[][] = [];
    let ExclusiveStartKey: QueryCommand["input"]["ExclusiveStartKey"];
    do {
      const answer = await client.send(
        new QueryCommand({
          TableName,
          IndexName: "SecondaryIndex",
          KeyConditionExpression: "p2 = :topic",
          ExpressionAttributeValues: { ":topic": { S: topic } },
          ProjectionExpression: "p, subscribedAt",
          Limit,
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        }),
      );
      const items = (answer.Items ?? []).map(({ p }) => p?.S ?? "");
      expect(answer.Count).toBe(items.length);
      found.push(items);
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  }

  it("hides younger items and continues paging after the visible ones", async () => {
    const topic = "topic#lag";
    const subscribe = (p: string, agoMs: number) => {
      const subscribedAt = { N: String(Date.now() - agoMs) };
      const Item = { p: { S: p }, u: { S: topic }, p2: { S: topic }, subscribedAt };
      return client.send(new PutItemCommand({ TableName, Item }));
    };
    for (const p of ["p1", "p2", "p3", "p4", "p5", "p6"]) await subscribe(p, 60_000);
    const names = (await pages(topic, 10)).flat();
    const [a = "", b = "", c = "", d = "", e = "", f = ""] = names;
    for (const young of [b, c, f]) await subscribe(young, 0);
    for (const limit of [1, 2, 3, 10]) {
      const dispose = order({ indexLagMs: 30_000 });
      expect((await pages(topic, limit)).flat(), `limit ${limit}`).toEqual([a, d, e]);
      dispose();
      expect((await pages(topic, limit)).flat()).toEqual(names);
    }
    order({ indexLagMs: 30_000, times: 1 });
    // The next page finds items that arrive in the index after the last visible item
    const [first, ...rest] = await pages(topic, 3);
    expect([first, rest.flat()]).toEqual([[a], [b, c, d, e, f]]);
  });
});

it.each([
  [{}, /needs one of error, act, indexLagMs and delayMs, got none/],
  [{ error: "ThrottlingException", act: "reset" }, /takes one of .* got error and act/],
  [{ error: "RequestThrottled" }, /^error must be one of Provisioned.*; got "RequestThrottled"/],
  [{ act: "explode" }, /^act must be one of reset, lose-answer, hang, partly/],
  [{ delayMs: -1 }, /^delayMs must be/],
  [{ operations: "PutItem", delayMs: 1 }, /^operations must be a list of operations' names/],
  [{ share: 0.1, delayMs: 1 }, / has no option share; it has /],
])("refuses a rule like %j", (fault, message) => {
  expect(() => order(fault as DynamodbFault)).toThrow(message);
});
