import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { DemoOptions } from "./options.ts";
import { withProgress } from "./progress.ts";
import type { DemoStack } from "./stack.ts";
import { connectSubscriber, inParallel, type Subscriber } from "./subscriber.ts";
import { createTally, type DemoResult, type Tally } from "./tally.ts";

const CONNECTS_AT_ONCE = 50;
/** After this time without a message, the missing messages count as lost. */
const SILENCE_MS = 20_000;
/** How long the demo listens for duplicates after all messages have arrived. */
const AFTERMATH_MS = 2_000;
const LOOK_AGAIN_MS = 50;

/** Connects the clients, publishes, and counts deliveries. Always closes all connections, also after a failure. */
export async function run(
  { subscribers: count, messages }: DemoOptions,
  stack: DemoStack,
  signal: AbortSignal,
): Promise<DemoResult> {
  const topicId = `demo-${randomUUID()}`;
  const tally = createTally(count, messages);
  const subscribers: Subscriber[] = [];
  const connect = async (index: number): Promise<void> => {
    const onData = (text: string): void => {
      const { message, publishedAtMs } = JSON.parse(text) as { message: number; publishedAtMs: number };
      tally.arrived(index, message, performance.now() - publishedAtMs);
    };
    subscribers.push(await connectSubscriber(stack.websocketUrl, topicId, onData, signal));
  };
  const expected = count * messages;
  try {
    await withProgress({ label: "connecting", total: count, current: () => subscribers.length }, () =>
      inParallel(count, CONNECTS_AT_ONCE, connect),
    );
    await withProgress({ label: "delivering", total: expected, current: () => tally.delivered }, async () => {
      await publishAll(topicId, messages, stack, signal);
      await untilQuiet(tally, expected, signal);
    });
    await inParallel(count, CONNECTS_AT_ONCE, async (index) => subscribers[index]?.close());
    return tally.result();
  } finally {
    for (const subscriber of subscribers) subscriber.terminate();
  }
}

async function publishAll(
  topicId: string,
  messages: number,
  { env }: DemoStack,
  signal: AbortSignal,
): Promise<void> {
  const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "", fanoutQueueUrl: env.PUBSUB_QUEUE_URL };
  for (let message = 0; message < messages; message++) {
    signal.throwIfAborted();
    await publishToTopic({ topicId, data: { message, publishedAtMs: performance.now() }, config });
  }
}

/** Resolves after all messages have arrived and no duplicate followed, or after `SILENCE_MS` without a message. */
async function untilQuiet(tally: Tally, expected: number, signal: AbortSignal): Promise<void> {
  let last = { delivered: -1, atMs: 0 };
  for (;;) {
    if (tally.delivered !== last.delivered) last = { delivered: tally.delivered, atMs: performance.now() };
    const patienceMs = last.delivered >= expected ? AFTERMATH_MS : SILENCE_MS;
    if (performance.now() - last.atMs > patienceMs) return;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}
