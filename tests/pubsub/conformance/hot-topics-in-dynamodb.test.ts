/** Topics with several shards on DynamoDB Local, and what a topic with one costs. docs/decisions/0051 */
import { randomUUID } from "node:crypto";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, onTestFinished } from "vitest";
import { consumerKey, shardKey, topicKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import {
  createDynamodbSubscriptions,
  type HotTopics,
} from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { subscribersOf } from "../../../packages/pubsub/src/core/subscriptions/subscribers.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { collect, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { idsOf, pagesOf, putAll } from "./subscriptions-set-up.ts";

const table = sharedTestTable();
const MARGIN_MS = 120_000;
const observe = (): void => {};

interface SetUp {
  clock: ManualClock;
  topicId: string;
  subscriptions: Subscriptions;
  /** Another process: it has cached nothing. */
  process(hotTopics?: HotTopics): Promise<Subscriptions>;
  /** Returns the row as it is in the table. */
  row(id: string): Promise<Record<string, unknown> | undefined>;
  count(): Promise<CountedRequests>;
}

async function setUp(hotTopics: HotTopics | undefined = { observe }): Promise<SetUp> {
  const clock = createManualClock();
  const topicId = `topic-${randomUUID()}`;
  const process = async (options?: HotTopics): Promise<Subscriptions> =>
    createDynamodbSubscriptions(await table(), clock, options);
  return {
    clock,
    topicId,
    subscriptions: await process(hotTopics),
    process,
    async row(id) {
      const { client, tableName } = await table();
      const { p, u } = { p: consumerKey(subscriptionOf(id, topicId).consumer), u: topicKey(topicId) };
      const get = new GetItemCommand({ TableName: tableName, Key: { p: { S: p }, u: { S: u } } });
      return (await client.send(get)).Item;
    },
    async count() {
      const counted = countRequests((await table()).client);
      onTestFinished(counted.stop);
      return counted;
    },
  };
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `id/${from + n}=`);

/** A topic with 20 rows in shard 0 and 60 in its four shards. */
async function grown(): Promise<SetUp & { ids: string[] }> {
  const world = await setUp();
  const { clock, subscriptions, topicId } = world;
  const ids = names(0, 80);
  const rows = ids.map((id) => subscriptionOf(id, topicId));
  await putAll(subscriptions, rows.slice(0, 20));
  await subscriptions.grow?.({ topicId, shards: 4 });
  clock.advance(MARGIN_MS);
  await putAll(subscriptions, rows.slice(20));
  return { ...world, ids };
}

describe("a topic with four shards", () => {
  it.each([1, 2, 3, 7, 25, 1_000])(
    "has each subscription on one page, %d a page, and no malformed row",
    async (limit) => {
      const { subscriptions, topicId, ids } = await grown();
      const pages = await pagesOf(subscriptions, topicId, limit);
      expect(idsOf(pages).sort()).toEqual(ids.toSorted());
      expect(pages.every((page) => page.subscriptions.length <= limit && page.malformed === 0)).toBe(true);
    },
  );

  it("has rows under each of its keys, and those from before it grew under its own", async () => {
    const { row, topicId, ids } = await grown();
    const keys = await Promise.all(ids.map(async (id) => (await row(id))?.p2));
    const four = [0, 1, 2, 3].map((shard) => ({ S: shardKey(topicId, shard) }));
    expect(keys.slice(0, 20)).toEqual(keys.slice(0, 20).map(() => four[0]));
    for (const key of four) expect(keys.slice(20)).toContainEqual(key);
  });

  it("is read by a process that may not grow topics, also from a cursor of another process", async () => {
    const { subscriptions, process, topicId, ids } = await grown();
    const other = await process();
    expect(idsOf(await pagesOf(other, topicId, 10)).sort()).toEqual(ids.toSorted());
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let turn = 0; ; turn++) {
      const page = await (turn % 2 ? subscriptions : other).page({ topicId, cursor, limit: 6 });
      seen.push(...idsOf([page]));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(seen.sort()).toEqual(ids.toSorted());
  });

  it("is counted and listed without the row that says how many shards it has", async () => {
    const { subscriptions, clock, topicId, ids } = await grown();
    expect(await subscriptions.count(topicId)).toBe(ids.length);
    const until = Math.ceil(clock.now() / 1_000) + 10;
    await subscriptions.put(subscriptionOf("ends", topicId, { expiresAtSeconds: until }));
    expect(await subscriptions.count(topicId)).toBe(ids.length + 1);
    clock.advance(11_000);
    expect(await subscriptions.count(topicId)).toBe(ids.length);
    const listed = await collect(subscribersOf({ subscriptions, observe }, topicId));
    expect(listed.map(({ connectionId }) => connectionId).sort()).toEqual(ids.toSorted());
  });

  it("keeps the shard of a subscription that is made again or replaced, by whatever process", async () => {
    const { subscriptions, process, topicId, ids, row } = await grown();
    const before = await Promise.all(ids.map(row));
    const unaware = await process({ observe });
    for (const id of ids) {
      const again = subscriptionOf(id, topicId, { subscribedAt: 1_700_000_000_001, nonce: "12345678" });
      expect(await unaware.put(again)).toMatchObject({ subscribedAt: 1_700_000_000_000 });
      expect(await subscriptions.replace({ ...again, userId: "ada" })).toBe(true);
    }
    const after = await Promise.all(ids.map(row));
    expect(after.map((item) => item?.p2)).toEqual(before.map((item) => item?.p2));
    expect(after[79]).toMatchObject({ userId: { S: "ada" }, nonce: { S: "12345678" } });
  });

  it("uses only the shards of before until the margin has passed", async () => {
    const { subscriptions, clock, topicId, row } = await setUp();
    await subscriptions.grow?.({ topicId, shards: 8 });
    clock.advance(MARGIN_MS - 1);
    await putAll(
      subscriptions,
      names(0, 30).map((id) => subscriptionOf(id, topicId)),
    );
    const keys = await Promise.all(names(0, 30).map(async (id) => (await row(id))?.p2));
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(1);
  });
});

describe("grow", () => {
  it("never takes shards away, and says from when those are used that there are", async () => {
    const { subscriptions, clock, topicId } = await setUp();
    const usedFromMs = clock.now() + MARGIN_MS;
    expect(await subscriptions.grow?.({ topicId, shards: 8 })).toEqual({ shards: 8, usedFromMs });
    clock.advance(1_000);
    expect(await subscriptions.grow?.({ topicId, shards: 4 })).toEqual({ shards: 8, usedFromMs });
    expect(await subscriptions.grow?.({ topicId, shards: 16 })).toEqual({
      shards: 16,
      usedFromMs: usedFromMs + 1_000,
    });
  });

  it("is done by the reader that has read more rows than a shard should have, in two writes", async () => {
    const { subscriptions, topicId, count, clock } = await setUp({ observe, rowsPerShard: 10 });
    const counted = await count();
    await subscriptions.noteSize?.({ topicId, rows: 10 });
    expect(counted.take().requests).toEqual([]);
    await subscriptions.noteSize?.({ topicId, rows: 35 });
    expect(counted.take()).toMatchObject({ requests: ["Query", "PutItem", "PutItem"], readUnits: 0.5 });
    await subscriptions.noteSize?.({ topicId, rows: 90 });
    expect(counted.take().requests).toEqual([]);
    clock.advance(30_000);
    await subscriptions.noteSize?.({ topicId, rows: 90 });
    expect(counted.take().requests).toEqual(["Query"]);
    clock.advance(MARGIN_MS);
    await subscriptions.noteSize?.({ topicId, rows: 90 });
    expect(counted.take().requests).toEqual(["Query", "PutItem", "PutItem"]);
    expect(await subscriptions.grow?.({ topicId, shards: 2 })).toMatchObject({ shards: 16 });
  });
});

describe("a topic with few subscribers, where topics may grow", () => {
  it("has the same rows, units and requests as where they may not, with an update for each put", async () => {
    const results = await Promise.all(
      [undefined, { observe }].map(async (hotTopics) => {
        const { subscriptions, clock, topicId, row, count } = await setUp();
        void subscriptions;
        return { own: createDynamodbSubscriptions(await table(), clock, hotTopics), topicId, row, count };
      }),
    );
    const taken = [];
    for (const { own, topicId, row, count } of results) {
      const counted = await count();
      const first = subscriptionOf("a", topicId, {
        userId: "ada",
        info: '"Ada"',
        expiresAtSeconds: 9_999_999_999,
      });
      await own.put(first);
      await own.put(subscriptionOf("a", topicId, { format: "event", subscribedAt: 5 }));
      await own.replace(subscriptionOf("a", topicId, { subscribedAt: 5, latest: true }));
      await own.put(subscriptionOf("b", topicId));
      await own.page({ topicId, limit: 10 });
      await own.page({ topicId, limit: 1 });
      await own.count(topicId);
      await own.noteSize?.({ topicId, rows: 25_000 });
      const { requests, ...units } = counted.take();
      counted.stop();
      const item = JSON.stringify(await row("a")).replaceAll(topicId, "t");
      taken.push({
        ...units,
        item: JSON.parse(item),
        requests: requests.map((name) => name.replace("Put", "Update")),
      });
    }
    expect(taken[1]).toEqual(taken[0]);
    expect(taken[1]).toMatchObject({
      requests: ["UpdateItem", "UpdateItem", "UpdateItem", "UpdateItem", "Query", "Query", "Query"],
      readUnits: 1.5,
      writeUnits: 8,
      item: { p2: { S: "topic#t" } },
    });
  });

  it("is asked for its shards by a process that writes more than ten subscriptions in a minute, every 30 seconds", async () => {
    const { subscriptions, topicId, clock, count } = await setUp();
    const counted = await count();
    const queries = async (from: number, to: number): Promise<number> => {
      for (const id of names(from, to)) await subscriptions.put(subscriptionOf(id, topicId));
      return counted.take().requests.filter((name) => name === "Query").length;
    };
    expect(await queries(0, 10)).toBe(0);
    expect(await queries(10, 30)).toBe(1);
    clock.advance(30_000);
    expect(await queries(30, 50)).toBe(1);
    clock.advance(60_000);
    expect(await queries(50, 60)).toBe(0);
  });
});
