/** Tests rows that the old package of this name wrote: `p` = topicId, `u` = `p2` = domainName/stage/connectionId. */
import { randomUUID } from "node:crypto";
import { type AttributeValue, PutItemCommand, paginateQuery } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, onTestFinished } from "vitest";
import { withLegacySubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/legacy-subscriptions.ts";
import {
  consumerKey,
  eventKey,
  publicationKey,
  topicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { countRequests } from "../../support/count-requests.ts";
import { drainQueue } from "../../support/drain-queue.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { legacyRow } from "../../support/rows.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { idsOf, pagesOf } from "./subscriptions-set-up.ts";

type Row = Record<string, AttributeValue>;

const table = sharedTestTable();

async function setUp(): Promise<{
  /** `own` works without the option, `subscriptions` with it. */
  own: Subscriptions;
  subscriptions: Subscriptions;
  topicId: string;
  putRows(rows: readonly Row[]): Promise<void>;
  /** Returns the range keys of the items under a hash key. */
  rangeKeys(p: string): Promise<string[]>;
}> {
  const { client, tableName: TableName } = await table();
  const clock = createManualClock();
  const own = createDynamodbSubscriptions(await table(), clock);
  return {
    own,
    subscriptions: withLegacySubscriptions(own, await table(), clock),
    topicId: `topic-${randomUUID()}`,
    async putRows(rows) {
      await Promise.all(rows.map((Item) => client.send(new PutItemCommand({ TableName, Item }))));
    },
    async rangeKeys(p) {
      const query = { KeyConditionExpression: "p = :p", ExpressionAttributeValues: { ":p": { S: p } } };
      const keys: string[] = [];
      for await (const { Items = [] } of paginateQuery({ client }, { TableName, ...query })) {
        keys.push(...Items.map(({ u }) => u?.S ?? ""));
      }
      return keys;
    },
  };
}

const keyText = (id: string): string => consumerKey(consumerOf(id)).slice("consumer#".length);

describe("subscriptions of the old package", () => {
  it("follow the topic's own subscriptions in pages of any size, each consumer once and in the same order", async () => {
    const { subscriptions, topicId, putRows } = await setUp();
    const old = ["o1", "o2", "o3", "o4", "o5"];
    await putRows(old.map((id) => legacyRow(consumerOf(id), topicId)));
    for (const id of ["n1", "n2", "n3"]) await subscriptions.put(subscriptionOf(id, topicId));
    for (const limit of [1, 2, 3, 4, 7, 8, 100]) {
      const pages = await pagesOf(subscriptions, topicId, limit);
      const ids = idsOf(pages);
      expect(ids.slice(0, 3).sort(), `${limit} at a time`).toEqual(["n1", "n2", "n3"]);
      expect(ids.slice(3)).toEqual(old);
      expect(pages.every((page) => page.subscriptions.length <= limit)).toBe(true);
    }
  });

  it("are read with format data, subscribedAt 0 and no expiry", async () => {
    const { subscriptions, topicId, putRows } = await setUp();
    const consumer = consumerOf("a/b=");
    await putRows([legacyRow(consumer, topicId)]);
    expect(await subscriptions.page({ topicId, limit: 10 })).toEqual({
      subscriptions: [{ consumer, topicId, format: "data", subscribedAt: 0 }],
      malformed: 0,
    });
    expect(await subscriptions.find({ consumer, topicId })).toBeDefined();
    // So that a PING looks for the row with `has`
    expect((await subscriptions.liveTopicsOf({ consumer, limit: 10 })).complete).toBe(false);
    expect(await subscriptions.find({ consumer: consumerOf("b="), topicId })).toBeUndefined();
    expect(await collect(subscriptions.topicsOf(consumer))).toEqual([topicId]);
  });

  it("are read only with the option: one request without it, two with it", async () => {
    const { own, subscriptions, topicId, putRows } = await setUp();
    await putRows([legacyRow(consumerOf("old"), topicId)]);
    await own.put(subscriptionOf("new", topicId));
    const counted = countRequests((await table()).client);
    onTestFinished(counted.stop);
    expect(idsOf(await pagesOf(own, topicId, 1_000))).toEqual(["new"]);
    expect(counted.take()).toEqual({ requests: ["Query"], readUnits: 0.5, writeUnits: 0 });
    expect(idsOf(await pagesOf(subscriptions, topicId, 1_000))).toEqual(["new", "old"]);
    expect(counted.take()).toEqual({ requests: ["Query", "Query"], readUnits: 1, writeUnits: 0 });
    await own.remove([subscriptionOf("new", topicId)]);
    expect(counted.take()).toMatchObject({ requests: ["DeleteItem"] });
    expect(await collect(own.topicsOf(consumerOf("old")))).toEqual([]);
    expect(counted.take()).toMatchObject({ requests: ["Query"] });
  });

  it("are removed in the old format and in the new one, and no others are", async () => {
    const { subscriptions, topicId, putRows, rangeKeys } = await setUp();
    const ids = Array.from({ length: 30 }, (_, n) => `c${n}`);
    await putRows(ids.map((id) => legacyRow(consumerOf(id), topicId)));
    await subscriptions.remove([{ consumer: consumerOf("c0"), topicId }]);
    await subscriptions.remove(ids.slice(1, 29).map((id) => ({ consumer: consumerOf(id), topicId })));
    expect(await rangeKeys(topicId)).toEqual([keyText("c29")]);
    expect(idsOf(await pagesOf(subscriptions, topicId, 10))).toEqual(["c29"]);
  });

  it("are replaced by a new subscription of the same connection, which is posted to once", async () => {
    const { subscriptions, topicId, putRows } = await setUp();
    await putRows([legacyRow(consumerOf("a"), topicId), legacyRow(consumerOf("b"), topicId)]);
    await subscriptions.put(subscriptionOf("a", topicId, { format: "event" }));
    const [page] = await pagesOf(subscriptions, topicId, 10);
    expect(page?.subscriptions).toMatchObject([
      { consumer: { connectionId: "a" }, format: "event" },
      { consumer: { connectionId: "b" }, format: "data" },
    ]);
    expect(await collect(subscriptions.topicsOf(consumerOf("a")))).toEqual([topicId]);
  });

  it("are found by their connection and removed, even for topic ids that are invalid today", async () => {
    const { subscriptions, putRows, rangeKeys } = await setUp();
    const consumer = consumerOf(randomUUID());
    const topics = ["x".repeat(2_000), "with\ncontrol", "topic#x", "consumer#a/b/c"].map(
      (id) => `${id}${randomUUID()}`,
    );
    await putRows(topics.map((topicId) => legacyRow(consumer, topicId)));
    const found = await collect(subscriptions.topicsOf(consumer));
    expect(found.sort()).toEqual(topics.toSorted());
    await subscriptions.remove(found.map((topicId) => ({ consumer, topicId })));
    for (const topicId of topics) expect(await rangeKeys(topicId)).toEqual([]);
  });

  it("are counted as malformed if their consumer is unreadable, and other rows are skipped", async () => {
    const { subscriptions, topicId, putRows } = await setUp();
    const raw = (u: string, attributes: Row = { p2: { S: u } }): Row => ({
      p: { S: topicId },
      u: { S: u },
      ...attributes,
    });
    await putRows([
      raw("garbage"),
      raw("d//id"),
      raw("d#e/prod/id"),
      raw("d.example.com/prod/no-index", {}),
      raw("d.example.com/prod/other", { p2: { S: "other" } }),
      legacyRow(consumerOf("good"), topicId),
    ]);
    for (const limit of [1, 2, 100]) {
      const pages = await pagesOf(subscriptions, topicId, limit);
      expect(idsOf(pages)).toEqual(["good"]);
      expect(pages.reduce((sum, { malformed }) => sum + malformed, 0)).toBe(3);
    }
  });
});

describe("a topic id that looks like a key of this library", () => {
  it.each([
    ["a topic's log", (id: string) => topicKey(id), ["event", "publication"]],
    ["a consumer's subscriptions", (id: string) => consumerKey(consumerOf(id)), ["topic"]],
  ] as const)("reads no row of %s as a subscription, and removes none of them", async (_, hashKey, kinds) => {
    const { subscriptions, putRows, rangeKeys } = await setUp();
    const p = hashKey(`x${randomUUID()}`);
    const connectionId = randomUUID();
    const looksLikeAConsumer = `d.example.com/prod/${connectionId}`;
    const keys = {
      event: eventKey("0m1c2d3e4", 1),
      publication: publicationKey(looksLikeAConsumer),
      topic: topicKey(looksLikeAConsumer),
    };
    const rows = kinds.map((kind) => ({ p: { S: p }, u: { S: keys[kind] }, p2: { S: keys[kind] } }));
    await putRows(rows);
    const counted = countRequests((await table()).client);
    onTestFinished(counted.stop);
    expect(await subscriptions.page({ topicId: p, limit: 10 })).toEqual({
      subscriptions: [],
      malformed: 0,
    });
    expect(counted.take().requests).toEqual(["Query"]);
    // No API has this domain name, but a caller of the library could pass it
    const consumers = ["publication#d.example.com", "topic#d.example.com"].map((domainName) => {
      return { domainName, stage: "prod", connectionId };
    });
    await subscriptions.remove(consumers.map((consumer) => ({ consumer, topicId: p })));
    for (const consumer of consumers) {
      expect(await subscriptions.find({ consumer, topicId: p })).toBeUndefined();
      await subscriptions.put({ ...subscriptionOf("", p), consumer });
      expect(await collect(subscriptions.topicsOf(consumer))).toEqual([p]);
    }
    expect((await rangeKeys(p)).sort()).toEqual(kinds.map((kind) => keys[kind]).sort());
  });
});

describe("the dispatch to old subscriptions", () => {
  it.each([1, 2, 3, 4])(
    "posts once to each consumer after a worker died in a step: parts of %d",
    async (partSize) => {
      const { subscriptions, topicId, putRows } = await setUp();
      const old = ["o1", "o2", "o3"];
      await putRows(old.map((id) => legacyRow(consumerOf(id), topicId)));
      for (const id of ["n1", "n2"]) await subscriptions.put(subscriptionOf(id, topicId));
      const context = { ...createTestContext({ partSize }), subscriptions };
      for (const id of [...old, "n1", "n2"]) context.connections.open(consumerOf(id));
      const publication = { topicId, epoch: "0m1c2d3e4", offset: 1 };
      const nowMs = context.clock.now();
      await context.ledger.claim({ publication, unit: "000001", nowMs, leaseUntilMs: nowMs + 1 });
      context.clock.advance(2);
      const { epoch } = publication;
      await dispatch(context, {
        kind: "topic",
        topicId,
        epoch,
        step: 1,
        offsets: [1],
        events: [storedEvent(1)],
      });
      await drainQueue(context);
      for (const id of [...old, "n1", "n2"]) {
        expect(context.connections.received(consumerOf(id)), id).toHaveLength(1);
      }
    },
  );
});
