/** Idempotent publications without a transaction, in DynamoDB Local: what they cost, and intents whose event is missing. */
import { randomUUID } from "node:crypto";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { publicationKey, topicKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import type { AppendOutcome, EventToAppend, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, eventToAppend } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";

const epoch = "0m1c2d3e4";
const newer = "0m1c2d3e5";
const table = sharedTestTable();
const clock = createManualClock();
const event = (id: string): EventToAppend =>
  eventToAppend(id, { nowMs: clock.now(), idempotent: id === id.toUpperCase() });

interface SetUp {
  append(offset: number, ids: string, of?: string): Promise<AppendOutcome>;
  stored(of?: string): Promise<string[]>;
  /** Writes an idempotency record as this or an earlier version does. */
  putRecord(id: string, record: { offset: number } | { intendedOffset: number }): Promise<void>;
  log: TopicLog;
  topicId: string;
}

async function setUp(): Promise<SetUp> {
  const { client, tableName } = await table();
  const log = createDynamodbTopicLog({ client, tableName }, clock);
  const topicId = randomUUID();
  return {
    log,
    topicId,
    append: (offset, ids, of = epoch) =>
      log.append({ topicId, epoch: of, offset, events: [...ids].map(event) }),
    stored: async (of = epoch) =>
      (await collect(log.read({ topicId, epoch: of, after: 0 }))).map(
        ({ offset, publicationId }) => `${offset}${publicationId}`,
      ),
    async putRecord(id, record) {
      const [[name, offset] = ["", 0]] = Object.entries(record);
      const Item = {
        p: { S: topicKey(topicId) },
        u: { S: publicationKey(id) },
        epoch: { S: epoch },
        [name]: { N: String(offset) },
        expiresAt: { N: String(event(id).expiresAtSeconds) },
      };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}

async function counting(): Promise<CountedRequests> {
  const counted = countRequests((await table()).client);
  onTestFinished(counted.stop);
  return counted;
}

const duplicate = (publicationId: string, offset: number): AppendOutcome => ({
  outcome: "duplicate",
  duplicates: [{ publicationId, epoch, offset }],
});

it("writes a publication with an id in 2 write units, and reads a duplicate's event in 1 read unit", async () => {
  const { append } = await setUp();
  const counted = await counting();
  expect(await append(1, "X")).toEqual({ outcome: "appended" });
  expect(counted.take()).toEqual({ requests: ["PutItem", "PutItem"], readUnits: 0, writeUnits: 2 });
  expect(await append(2, "X")).toEqual(duplicate("X", 1));
  expect(counted.take()).toEqual({ requests: ["GetItem"], readUnits: 1, writeUnits: 0 });
});

it("takes a record of an earlier version for a duplicate without a read", async () => {
  const { append, putRecord, stored } = await setUp();
  await putRecord("X", { offset: 7 });
  const counted = await counting();
  expect(await append(8, "X")).toEqual(duplicate("X", 7));
  expect(await append(8, "aX")).toEqual(duplicate("X", 7));
  expect(counted.take().requests).toEqual([]);
  expect(await stored()).toEqual([]);
});

it.each(["X", "aX"])(
  "writes the event of an intent whose publisher crashed, at its offset: %s",
  async (ids) => {
    const { append, putRecord, stored } = await setUp();
    await append(1, "a");
    await putRecord("X", { intendedOffset: 2 });
    expect(await append(2, ids)).toEqual({ outcome: "appended" });
    expect(await append(4, "X")).toEqual(duplicate("X", 1 + ids.length));
    expect(await stored()).toHaveLength(1 + ids.length);
  },
);

it.each(["X", "bX"])("moves an intent whose offset another event has: %s", async (ids) => {
  const { append, putRecord, stored } = await setUp();
  await putRecord("X", { intendedOffset: 1 });
  await append(1, "a");
  expect(await append(1, ids)).toEqual({ outcome: "conflict" });
  expect(await append(2, ids)).toEqual({ outcome: "appended" });
  expect(await append(2, "X")).toEqual(duplicate("X", 1 + ids.length));
  expect((await stored()).at(-1)).toBe(`${1 + ids.length}X`);
});

it.each(["X", "bX"])("moves no intent backwards: %s", async (ids) => {
  const { append, putRecord, stored } = await setUp();
  await putRecord("X", { intendedOffset: 5 });
  expect(await append(1, ids)).toEqual({ outcome: "conflict" });
  expect(await stored()).toEqual([]);
});

it.each(["X", "bX"])("fences the place of an intent whose epoch has ended: %s", async (ids) => {
  const { append, putRecord, stored, log, topicId } = await setUp();
  await append(1, "a");
  await putRecord("X", { intendedOffset: 2 });
  await append(1, "c", newer);
  expect(await append(2, ids, newer)).toEqual({ outcome: "appended" });
  // The put that was on its way
  expect(await append(2, "d")).toEqual({ outcome: "conflict" });
  expect(await stored()).toEqual(["1a"]);
  expect((await stored(newer)).at(-1)).toBe(`${1 + ids.length}X`);
  expect((await log.tail(topicId)).last).toMatchObject({ epoch: newer, offset: 1 + ids.length });
});

it.each([
  ["without an offset", {}],
  ["with an invalid epoch", { epoch: { S: "a#b" }, intendedOffset: { N: "1" } }],
  ["with an invalid offset", { epoch: { S: epoch }, intendedOffset: { N: "-1" } }],
])("returns a conflict for a malformed record, and writes nothing: %s", async (_, attributes) => {
  const { append, stored, topicId } = await setUp();
  const { client, tableName } = await table();
  const keys = { p: { S: topicKey(topicId) }, u: { S: publicationKey("X") } };
  const Item = { ...keys, ...attributes, expiresAt: { N: String(event("X").expiresAtSeconds) } };
  await client.send(new PutItemCommand({ TableName: tableName, Item }));
  expect(await append(1, "X")).toEqual({ outcome: "conflict" });
  expect(await stored()).toEqual([]);
});
