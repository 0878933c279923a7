/**
 * The hostile suite found these cases. A stored event whose data was not JSON broke the EVENTS frame that contained it.
 * After an epoch record without a valid epoch, the next epoch was named `NaN`, and no worker would have done its
 * fan-out.
 */
import { deflateSync } from "node:zlib";
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, DAY_SECONDS } from "../../support/samples.ts";

type Item = Record<string, AttributeValue>;

const epoch = "0m1c2d3e4";
const nowMs = 1_700_000_000_000;
const event: Item = {
  u: { S: `event#${epoch}#0000000000000001` },
  publicationId: { S: "p" },
  json: { S: "{}" },
  expiresAt: { N: String(nowMs / 1_000 + DAY_SECONDS) },
};

const { json: _, ...withoutData } = event;

/** Creates a log that returns this item for every read. */
function logOf(item: Item): TopicLog {
  const send = async (): Promise<object> => ({ Items: [item], Item: item });
  const client = { send } as unknown as DynamoDBClient;
  return createDynamodbTopicLog({ client, tableName: "t" }, createManualClock({ startMs: nowMs }));
}

it.each<[string, number, Item]>([
  ["JSON", 1, {}],
  ["not JSON", 0, { json: { S: "{" } }],
  ["flagged as text but is not a JSON string", 0, { verbatim: { BOOL: true } }],
  ["a number attribute instead of text", 0, { json: { N: "5" } }],
  ["valid but whose offset is 0", 0, { u: { S: `event#${epoch}#0000000000000000` } }],
])("reads a row whose data is %s as %d events", async (_, count, changes) => {
  const events = await collect(logOf({ ...event, ...changes }).read({ topicId: "t", epoch, after: 0 }));
  expect(events).toHaveLength(count);
});

it.each<[string, number, Buffer]>([
  ["JSON", 1, deflateSync("{}")],
  ["cut", 0, deflateSync("{}").subarray(0, -1)],
  ["JSON of 200 MB", 0, deflateSync(Buffer.alloc(200_000_000, "1"))],
])("reads a row whose compressed data is %s as %d events", async (_, count, B) => {
  const row = { ...withoutData, deflated: { B } };
  const events = await collect(logOf(row).read({ topicId: "t", epoch, after: 0 }));
  expect(events).toHaveLength(count);
});

it("rejects an epoch record without a valid epoch with STORAGE_FAILED", async () => {
  const record = {
    u: { S: "epoch" },
    epoch: { S: "yesterday#" },
    used: { BOOL: true },
    expiresAt: { N: "1" },
  };
  await expect(logOf(record).tail("t")).rejects.toMatchObject({ code: "STORAGE_FAILED", retryable: false });
});
