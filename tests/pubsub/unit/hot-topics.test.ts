import { expect, it } from "vitest";
import { createShardChoice } from "../../../packages/pubsub/src/aws/dynamodb/shard-choice.ts";
import { readMarker, shardsToWrite } from "../../../packages/pubsub/src/aws/dynamodb/shard-marker.ts";
import type { DynamodbClient } from "../../../packages/pubsub/src/aws/dynamodb/table.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import {
  decodeCursor,
  encodeCursor,
  isCursor,
} from "../../../packages/pubsub/src/core/subscriptions/shard-cursor.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { message } from "./dispatch-support.ts";

it("returns from a cursor what it was made of", () => {
  const at = { shards: 16, next: 9, open: [{ shard: 0, after: 'consumer#a/b/"c' }, { shard: 8 }] };
  expect(decodeCursor(encodeCursor(at))).toEqual(at);
});

it.each([undefined, "consumer#a/b/c", "topic#t", "garbage"])(
  "takes %j for a cursor of a topic's own key",
  (cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  },
);

it.each([
  "",
  "[]",
  "{",
  "null",
  "[1,2]",
  "[1,2,3]",
  "[1,2,[3]]",
  '[1,2,[["a","b"]]]',
  "[1,-2,[]]",
  "[1.5,2,[]]",
  "[2,3,[]]",
  "[2000,2,[]]",
  '[2,2,[[2,""]]]',
  `[2,2,[[0,"${"x".repeat(2_049)}"]]]`,
  // Each would be a query at the same time
  `[32,32,${JSON.stringify(Array.from({ length: 9 }, (_, shard) => [shard, ""]))}]`,
])("rejects the cursor shards#%s, and reads nothing from a place that nobody meant", (text) => {
  expect(isCursor(`shards#${text}`)).toBe(false);
  expect(() => decodeCursor(`shards#${text}`)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

it.each([
  [{}, undefined],
  [{ shards: { N: "0" } }, undefined],
  [{ shards: { N: "5000" } }, undefined],
  [{ shards: { S: "4" } }, undefined],
  [{ shards: { N: "4" } }, { shards: 4, before: 1 }],
  [
    { shards: { N: "4" }, shardsBefore: { N: "9" } },
    { shards: 4, before: 4 },
  ],
  [
    { shards: { N: "4" }, shardsBefore: { N: "2" }, growsAt: { N: "7" } },
    { shards: 4, before: 2, growsAtMs: 7 },
  ],
])("reads the row %j as %j", (item, marker) => {
  expect(readMarker(item as Parameters<typeof readMarker>[0])).toEqual(marker);
});

it("writes to the new shards only from their time on, and never without one", () => {
  const marker = { shards: 8, before: 2, growsAtMs: 1_000 };
  expect(shardsToWrite(undefined, 0)).toBe(1);
  expect([999, 1_000].map((nowMs) => shardsToWrite(marker, nowMs))).toEqual([2, 8]);
  expect(shardsToWrite({ shards: 8, before: 2 }, Number.MAX_SAFE_INTEGER)).toBe(2);
});

it("writes to the shards that it knows if the others cannot be read, and reports it once in 30 seconds", async () => {
  const reported: unknown[] = [];
  const client = { send: () => Promise.reject(new Error("throttled")) } as unknown as DynamodbClient;
  const clock = createManualClock();
  const choose = createShardChoice({ client, tableName: "t" }, clock, (event) => void reported.push(event));
  for (let n = 0; n < 100; n++) expect(await choose(subscriptionOf(`c${n}`, "t"))).toBe(0);
  expect(reported).toMatchObject([{ event: "background-failure", stage: "read-shards" }]);
});

it("says how many rows a dispatch has read so far, and posts also if the topic cannot grow", async () => {
  const context = createTestContext({ partSize: 1 });
  for (let n = 0; n < 25; n++) {
    context.connections.open(consumerOf(`c${n}`));
    await context.subscriptions.put(subscriptionOf(`c${n}`, "t"));
  }
  const sizes: number[] = [];
  context.subscriptions.noteSize = async ({ rows }) => {
    sizes.push(rows);
    throw new Error("no");
  };
  await dispatch(context, message);
  expect(sizes).toEqual([10, 20, 25]);
  expect(context.observed).toContainEqual(
    expect.objectContaining({ event: "background-failure", stage: "grow-topic" }),
  );
});
