import { randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { handleOrders, machineNowMs } from "../support/handle-orders.ts";
import type { BarePutsOrder, BarePutsReply } from "./orders.ts";
import { sampleData, WARM_UP_CALLS } from "./sample-data.ts";

/** The rate of a single writer: conditional puts of items like the events of a log, one after the other. */
const client = new DynamoDBClient({});
const TableName = process.env.PUBSUB_TABLE_NAME ?? "";

async function put(partition: string, sequence: number): Promise<void> {
  const now = Date.now();
  const Item = {
    p: { S: `topic#${partition}` },
    u: { S: `event#000000000#${String(sequence).padStart(16, "0")}` },
    publicationId: { S: randomUUID() },
    publishedAt: { N: String(now) },
    json: { S: JSON.stringify(sampleData(sequence)) },
    expiresAt: { N: String(Math.ceil(now / 1_000) + 86_400) },
  };
  await client.send(new PutItemCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(p)" }));
}

const warmUp = `warm-up-${randomUUID()}`;
for (let sequence = 1; sequence <= WARM_UP_CALLS; sequence++) await put(warmUp, sequence);

handleOrders<BarePutsOrder, BarePutsReply>(async ({ partition, seconds }) => {
  const latenciesMs: number[] = [];
  const beginMs = machineNowMs();
  let nowMs = beginMs;
  for (let sequence = 1; nowMs - beginMs < seconds * 1_000; sequence++) {
    await put(partition, sequence);
    const doneMs = machineNowMs();
    latenciesMs.push(doneMs - nowMs);
    nowMs = doneMs;
  }
  return { latenciesMs, seconds: (nowMs - beginMs) / 1_000 };
});
