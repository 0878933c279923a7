import { setTimeout as delay } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { countSubscribers, listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { connectSubscriber, inParallel } from "../../../demo/subscriber.ts";
import { consumerKey, topicKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { writeRows } from "../../../tests/support/rows.ts";
import { handleOrders } from "../../support/handle-orders.ts";
import { until, untilReached } from "../../support/until.ts";
import { connectAsker } from "./asker.ts";
import type { NeighbourOrder, NeighbourReply } from "./orders.ts";

/** All clients of a stack, in one process: the listeners of the fan-out, and one that subscribes beside it. */
const CONNECTS_AT_ONCE = 10;
const BETWEEN_ASKS_MS = 100;

const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL ?? "",
};
const topicAt = (index: number): string => `topic-${index}`;

let received = 0;
let size = { listeners: 0, topics: 0 };
let asker: Awaited<ReturnType<typeof connectAsker>> | undefined;

handleOrders<NeighbourOrder, NeighbourReply | null>(async (order) => {
  if (order.do === "connect") await connect(order);
  if (order.do === "warm-up") await warmUp();
  return order.do === "measure" ? await measure(order.patienceMs) : null;
});

async function connect({
  websocketUrl,
  ...order
}: Extract<NeighbourOrder, { do: "connect" }>): Promise<void> {
  size = order;
  await inParallel(size.listeners, CONNECTS_AT_ONCE, async () => {
    await connectSubscriber(websocketUrl, topicAt(0), () => {
      received += 1;
    });
  });
  while ((await countSubscribers({ topicId: topicAt(0), config })) < size.listeners) await delay(100);
  await subscribeToTheRest();
  asker = await connectAsker(websocketUrl);
  await asker.ask();
}

/** Writes the subscriptions to the other topics as rows: as messages they would take longer than the measurement. */
async function subscribeToTheRest(): Promise<void> {
  const rows: Parameters<typeof writeRows>[1][number][] = [];
  for await (const consumer of listSubscribers({ topicId: topicAt(0), config })) {
    for (let index = 1; index < size.topics; index++) {
      const topic = { S: topicKey(topicAt(index)) };
      rows.push({ p: { S: consumerKey(consumer) }, u: topic, p2: topic });
    }
  }
  const dynamodb = new DynamoDBClient({});
  try {
    await writeRows({ dynamodb, config }, rows);
  } finally {
    dynamodb.destroy();
  }
}

async function warmUp(): Promise<void> {
  await publishToTopic({ topicId: topicAt(0), data: "warm", config });
  await until("the warm-up has arrived", () => received === size.listeners);
}

async function measure(patienceMs: number): Promise<NeighbourReply> {
  received = 0;
  const expected = size.listeners * size.topics;
  const reply: NeighbourReply = { latenciesMs: [], refused: 0, unanswered: 0, missing: 0, fanoutSeconds: 0 };
  const startedMs = performance.now();
  const topics = Array.from({ length: size.topics }, (_, index) => topicAt(index));
  await Promise.all(topics.map((topicId) => publishToTopic({ topicId, data: "x".repeat(200), config })));

  let isOver = false;
  const arrived = untilReached(() => received, expected, { patienceMs }).then(() => {
    isOver = true;
    reply.fanoutSeconds = (performance.now() - startedMs) / 1_000;
  });
  while (!isOver) {
    const { latencyMs, refused } = (await asker?.ask()) ?? { latencyMs: undefined, refused: 0 };
    if (latencyMs === undefined) reply.unanswered += 1;
    else reply.latenciesMs.push(latencyMs);
    reply.refused += refused;
    await delay(BETWEEN_ASKS_MS);
  }
  await arrived;
  reply.missing = Math.max(0, expected - received);
  return reply;
}
