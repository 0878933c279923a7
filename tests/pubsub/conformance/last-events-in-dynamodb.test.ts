/** Counts what the history of a new subscriber costs: it must not depend on how many events the topic has. */
import { randomUUID } from "node:crypto";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { eventPut } from "../../../packages/pubsub/src/aws/dynamodb/log-puts.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { readEvents } from "../../../packages/pubsub/src/core/log/read.ts";
import { newReplayBudget } from "../../../packages/pubsub/src/core/recovery/budget.ts";
import { lastEvents } from "../../../packages/pubsub/src/core/recovery/read-last.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, eventToAppend, incompressible } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { offsetsIn } from "../unit/recovery-support.ts";

const table = sharedTestTable();
const epoch = "0m1c2d3e4";

const ROWS_PER_BATCH = 25;

/** Writes the rows that the appends would have written, in batches: 10,000 appends would take minutes. */
async function writeRows(topicId: string, count: number, pad: string, nowMs: number): Promise<void> {
  const { client, tableName } = await table();
  const request = { topicId, epoch, offset: 1, events: [] };
  for (let first = 1; first <= count; first += ROWS_PER_BATCH) {
    const puts = Array.from({ length: Math.min(ROWS_PER_BATCH, count - first + 1) }, (_, n) => {
      const offset = first + n;
      const event = eventToAppend(`p-${offset}`, { nowMs, json: JSON.stringify({ n: offset, pad }) });
      const { Item } = eventPut({ client, tableName, compressEvents: false }, request, event, offset);
      return { PutRequest: { Item } };
    });
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  }
}

async function setUp(
  count: number,
  pad: string,
): Promise<{
  topicId: string;
  counted: CountedRequests;
  log: ReturnType<typeof createDynamodbTopicLog>;
}> {
  const clock = createManualClock();
  const log = createDynamodbTopicLog(await table(), clock, { compressEvents: false });
  const topicId = randomUUID();
  await writeRows(topicId, count, pad, clock.now());
  const counted = countRequests((await table()).client);
  onTestFinished(counted.stop);
  return { topicId, counted, log };
}

it("reads the newest 50 of 10,000 events of 500 bytes with one query of at most 5 units", async () => {
  const { topicId, counted, log } = await setUp(10_000, "x".repeat(480));
  const end = { position: { epoch, offset: 10_000 }, bytesSoFar: 5_000_000, readUnits: 1 };
  const budget = newReplayBudget(() => expect.fail("the brake is asked"));
  const sent = await lastEvents({ log }, { topicId, format: "event", last: 50, end }, budget);
  const { requests, readUnits } = counted.take();
  expect(requests).toEqual(["Query"]);
  // 50 rows of about 700 bytes, at half the price
  expect(readUnits).toBeLessThanOrEqual(5);
  if (sent === "later") throw new Error("later");
  expect(offsetsIn(sent.frames)).toEqual(Array.from({ length: 50 }, (_, n) => 9_951 + n));
  expect(sent).toMatchObject({ from: { epoch, offset: 9_950 } });
  expect(sent).not.toHaveProperty("truncated");

  counted.take();
  const read = await collect(readEvents({ log }, { topicId, last: 50 }));
  expect(counted.take().requests).toEqual(["Query"]);
  expect(read.map(({ offset }) => offset)).toEqual(offsetsIn(sent.frames));
});

it("reads at most a megabyte of large events with one query, and cuts them", async () => {
  const { topicId, counted, log } = await setUp(40, incompressible(60_000));
  const end = { position: { epoch, offset: 40 }, bytesSoFar: 40 * 60_020, readUnits: 15 };
  const budget = newReplayBudget();
  const sent = await lastEvents({ log }, { topicId, format: "event", last: 40, end }, budget);
  const { requests, readUnits } = counted.take();
  expect(requests).toEqual(["Query"]);
  expect(readUnits).toBeLessThanOrEqual(140);
  if (sent === "later") throw new Error("later");
  expect(sent).toMatchObject({ from: { epoch, offset: 32 }, truncated: true });
  expect(offsetsIn(sent.frames)).toEqual([33, 34, 35, 36, 37, 38, 39, 40]);
  expect(budget.spent()).toBeLessThanOrEqual(44);
});
