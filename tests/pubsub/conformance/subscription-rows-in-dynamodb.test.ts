/** Tests rows that this version did not write: rows written by hand, by the first version, or by a bug. */
import { randomUUID } from "node:crypto";
import { type AttributeValue, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { consumerKey, topicKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, consumerOf, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { idsOf, pagesOf } from "./subscriptions-set-up.ts";

const table = sharedTestTable();

async function setUp(): Promise<{
  subscriptions: Subscriptions;
  topicId: string;
  putRaw(p: string, attributes?: Record<string, AttributeValue>): Promise<void>;
}> {
  const { client, tableName } = await table();
  const topicId = `topic-${randomUUID()}`;
  const topic = { S: topicKey(topicId) };
  return {
    topicId,
    subscriptions: createDynamodbSubscriptions({ client, tableName }, createManualClock()),
    async putRaw(p, attributes = {}) {
      const Item = { p: { S: p }, u: topic, p2: topic, ...attributes };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}

it("reads a row that has only its keys", async () => {
  const { subscriptions, topicId, putRaw } = await setUp();
  await putRaw("consumer#d.example.com/prod/a/b=");
  const consumer = { domainName: "d.example.com", stage: "prod", connectionId: "a/b=" };
  expect(await subscriptions.page({ topicId, limit: 10 })).toEqual({
    subscriptions: [{ consumer, topicId, format: "data", subscribedAt: 0 }],
    malformed: 0,
  });
  expect(await collect(subscriptions.topicsOf(consumer))).toEqual([topicId]);
});

it("counts the abandonments of a row that has only its keys, and ends it", async () => {
  const { subscriptions, topicId, putRaw } = await setUp();
  await putRaw(consumerKey(consumerOf("bare")));
  const row = { consumer: consumerOf("bare"), topicId, subscribedAt: 0 };
  const abandonments = { inRow: 1, inAll: 1, lastAtMs: 5 };
  expect(await subscriptions.replaceAbandonments(row, abandonments)).toBe(true);
  expect(await subscriptions.removeUnchanged({ ...row, abandonments })).toBe(true);
});

it.each<Record<string, AttributeValue>>([
  { abandonedInRow: { N: "1" } },
  { abandonedInRow: { N: "-1" }, abandonedInAll: { N: "1" }, abandonedAtMs: { N: "1" } },
  { abandonedInRow: { S: "1" }, abandonedInAll: { N: "1" }, abandonedAtMs: { N: "1.5" } },
])("reads a row with the unreadable abandonments %j as one without", async (attributes) => {
  const { subscriptions, topicId, putRaw } = await setUp();
  await putRaw(consumerKey(consumerOf("odd")), attributes);
  expect(await subscriptions.page({ topicId, limit: 10 })).toEqual({
    subscriptions: [{ consumer: consumerOf("odd"), topicId, format: "data", subscribedAt: 0 }],
    malformed: 0,
  });
});

it.each<Record<string, AttributeValue>>([
  { info: { S: "{not JSON" } },
  { info: { S: JSON.stringify("x".repeat(1_023)) } },
  { info: { N: "5" }, userId: { N: "7" }, member: { S: "true" } },
])("reads a row with the unreadable user %j as one without", async (attributes) => {
  const { subscriptions, topicId, putRaw } = await setUp();
  await putRaw(consumerKey(consumerOf("odd")), attributes);
  expect(await subscriptions.page({ topicId, limit: 10, withUser: true })).toEqual({
    subscriptions: [{ consumer: consumerOf("odd"), topicId, format: "data", subscribedAt: 0 }],
    malformed: 0,
  });
});

const malformed: [string, string, Record<string, AttributeValue>][] = [
  ["no consumer key", "garbage", {}],
  ["an empty connection id", "consumer#d/prod/", {}],
  ["an empty stage", "consumer#d//id", {}],
  ["no stage", "consumer#d", {}],
  ["an unknown format", consumerKey(consumerOf("x1")), { format: { S: "xml" } }],
  ["a format that is no string", consumerKey(consumerOf("x2")), { format: { N: "1" } }],
  ["a time that is no number", consumerKey(consumerOf("x3")), { subscribedAt: { S: "now" } }],
  ["a negative time", consumerKey(consumerOf("x4")), { subscribedAt: { N: "-1" } }],
  ["a nonce that would end the frame", consumerKey(consumerOf("x6")), { nonce: { S: '1-2-3-4"}' } }],
  ["a nonce that is no string", consumerKey(consumerOf("x7")), { nonce: { N: "12345678" } }],
  ["an expiry that is no number", consumerKey(consumerOf("x5")), { expiresAt: { BOOL: true } }],
];

it.each(malformed)("skips and counts a row with %s", async (_, p, attributes) => {
  const { subscriptions, topicId, putRaw } = await setUp();
  await subscriptions.put(subscriptionOf("good", topicId));
  await putRaw(p, attributes);
  const { subscriptions: rows, malformed } = await subscriptions.page({ topicId, limit: 10 });
  expect(rows.map(({ consumer }) => consumer.connectionId)).toEqual(["good"]);
  expect(malformed).toBe(1);
});

it("continues past malformed rows, also with one row a page", async () => {
  const { subscriptions, topicId, putRaw } = await setUp();
  for (const [, p, attributes] of malformed) await putRaw(p, attributes);
  for (const id of ["a", "b", "c"]) await subscriptions.put(subscriptionOf(id, topicId));
  for (const limit of [1, 2, 5, 100]) {
    const pages = await pagesOf(subscriptions, topicId, limit);
    expect(idsOf(pages).sort()).toEqual(["a", "b", "c"]);
    expect(pages.reduce((sum, page) => sum + page.malformed, 0)).toBe(malformed.length);
  }
});

it("lists the consumer's topics and skips rows without a topic", async () => {
  const { subscriptions, topicId } = await setUp();
  const { client, tableName } = await table();
  const consumer = consumerOf(randomUUID());
  await subscriptions.put({ ...subscriptionOf("", topicId), consumer });
  for (const u of ["topic#", "topic", "something else"]) {
    const Item = { p: { S: consumerKey(consumer) }, u: { S: u } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  }
  expect(await collect(subscriptions.topicsOf(consumer))).toEqual([topicId]);
});

it("leaves rows out of the consumer's live topics that no page has either", async () => {
  const { subscriptions, topicId } = await setUp();
  const { client, tableName } = await table();
  const consumer = consumerOf(randomUUID());
  await subscriptions.put({ ...subscriptionOf("", topicId), consumer });
  for (const [u, format] of [
    ["topic#", "data"],
    ["something else", "data"],
    [topicKey(`${topicId}-malformed`), "xml"],
  ] as const) {
    const Item = { p: { S: consumerKey(consumer) }, u: { S: u }, format: { S: format } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  }
  const { topicIds } = await subscriptions.liveTopicsOf({ consumer, limit: 10 });
  expect([...topicIds]).toEqual([topicId]);
});
