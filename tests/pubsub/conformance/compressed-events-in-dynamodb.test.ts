/** Counts what large events cost, and reads them through both transports. 20 KB of JSON used to be 20 write units. */
import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, expect, inject, it, onTestFinished } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import {
  createDynamodbTopicLog,
  type TopicLogOptions,
} from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { framesOf } from "../../../packages/pubsub/src/core/frames.ts";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { StoredEvent } from "../../../packages/pubsub/src/core/types.ts";
import { countRequests } from "../../support/count-requests.ts";
import { jsonOfBytes } from "../../support/json-data.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, DAY_SECONDS } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";

const KB = 1_024;
const table = sharedTestTable();
const clock = createManualClock({ startMs: Date.now() });
const sdk = new DynamoDBClient({
  endpoint: inject("dynamodbEndpoint"),
  region: "us-east-1",
  credentials: localCredentials,
});
afterAll(() => sdk.destroy());

const logOf = async (options?: TopicLogOptions): Promise<TopicLog> =>
  createDynamodbTopicLog(await table(), clock, options);

/** Publishes data as producers do, and returns the epoch. The first event of a topic is a transaction. */
async function publish(log: TopicLog, topicId: string, ...texts: string[]): Promise<string> {
  let epoch = "";
  for (const json of texts) {
    const draft = { publicationId: randomUUID(), publishedAt: 0, json, verbatim: false, idempotent: false };
    const { appended } = await appendEvents({ log, clock, retentionSeconds: DAY_SECONDS }, topicId, [draft]);
    epoch = appended.get(draft)?.epoch ?? "";
  }
  return epoch;
}

it.each([
  { bytes: 500, compressEvents: true, writeUnitsMax: 1 },
  { bytes: 2 * KB, compressEvents: true, writeUnitsMax: 1 },
  { bytes: 20 * KB, compressEvents: true, writeUnitsMax: 6 },
  { bytes: 20 * KB, compressEvents: false, writeUnitsMax: 21 },
  { bytes: 127 * KB, compressEvents: true, writeUnitsMax: 36 },
])(
  "writes $bytes bytes with compression $compressEvents in at most $writeUnitsMax write units",
  async (each) => {
    const { bytes, compressEvents, writeUnitsMax } = each;
    const log = await logOf({ compressEvents });
    const topicId = randomUUID();
    await publish(log, topicId, "1");
    const counted = countRequests((await table()).client);
    onTestFinished(counted.stop);
    await publish(log, topicId, jsonOfBytes(bytes));
    const { writeUnits } = counted.take();
    console.log(`${bytes} bytes, compression ${compressEvents}: ${writeUnits} write units`);
    expect(writeUnits).toBeLessThanOrEqual(writeUnitsMax);
    if (!compressEvents) expect(writeUnits).toBeGreaterThanOrEqual(bytes / KB);
  },
);

it("reads the end of a log behind 20 KB in at most 2 read units", async () => {
  const log = await logOf();
  const topicId = randomUUID();
  await publish(log, topicId, "1", jsonOfBytes(20 * KB));
  expect((await log.tail(topicId)).readUnits).toBeLessThanOrEqual(2);
});

it("reads through the SDK and directly, with and without the option, what either has written", async () => {
  const { tableName } = await table();
  const log = await logOf();
  const plain = await logOf({ compressEvents: false });
  const topicId = randomUUID();
  const throughSdk = createDynamodbTopicLog({ client: sdk, tableName }, clock);
  const texts = [2, 20, 40, 60].map((kb) => jsonOfBytes(kb * KB));
  let epoch = "";
  for (const [index, text] of texts.entries())
    epoch = await publish([log, plain, throughSdk][index % 3] ?? log, topicId, text);
  const readers = [log, plain, throughSdk];
  const read = await Promise.all(readers.map((reader) => collect(reader.read({ topicId, epoch, after: 0 }))));
  for (const events of read) expect(events.map(({ json }) => json)).toEqual(texts);
});

it("counts the bytes that are posted in the sum beside the offset, and sends the same frames", async () => {
  const log = await logOf();
  const plain = await logOf({ compressEvents: false });
  const texts = [jsonOfBytes(20 * KB), jsonOfBytes(3 * KB), '"small"'];
  const stored = async (writer: TopicLog): Promise<StoredEvent[]> => {
    const topicId = randomUUID();
    const epoch = await publish(writer, topicId, ...texts);
    expect((await writer.tail(topicId)).last).toMatchObject({ bytesSoFar: 23 * KB + 7 });
    return collect(writer.read({ topicId, epoch, after: 0 }));
  };
  const [compressed, text] = [await stored(log), await stored(plain)];
  expect(compressed.map(({ bytesSoFar }) => bytesSoFar)).toEqual([20 * KB, 23 * KB, 23 * KB + 7]);
  expect(compressed.map(({ bytesAtRest = 0 }) => bytesAtRest > 0)).toEqual([true, true, false]);
  const sameIds = (events: StoredEvent[]): StoredEvent[] =>
    events.map((event) => ({ ...event, publicationId: "p" }));
  for (const format of ["data", "event"] as const) {
    const frames = (events: StoredEvent[]) =>
      framesOf(format, "t", "e", sameIds(events)).map(({ body }) => Buffer.from(body));
    expect(frames(compressed)).toEqual(frames(text));
  }
});
