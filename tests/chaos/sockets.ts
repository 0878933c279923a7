import { publishToTopic } from "lambda-websocket-pubsub";
import { createPubsubClient, type PubsubClient } from "lambda-websocket-pubsub-client";
import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { WebSocket } from "ws";
import { type ClientHistory, createHistory, judge, recordEvent, type Verdict } from "./history.ts";
import type { ChaosOptions } from "./options.ts";
import { seededRandom } from "./seeded-random.ts";

const LOST_POSTS = 0.05;
const CUTS = 0.02;
/** API Gateway's limit of two hours, scaled down. The client rotates its connection before that. */
const MAX_CONNECTION_MS = 30_000;
const ROTATION_MS = 22_000;
const HEARTBEAT_MS = 2_000;
const PUBLISHES_PER_SECOND = 10;
const CONNECTS_AT_ONCE = 20;
/** If nothing arrives for this time, the missing events count as lost. */
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

export interface SocketsResult extends Verdict {
  connections: number;
  faults: { posts: number; lostPosts: number; frames: number; cuts: number };
}

/** Runs real clients while posts are lost, connections are cut or reach the age limit, and clients rotate. */
export async function runSockets(
  { clients: count, events, seed }: ChaosOptions,
  onProgress: (delivered: number) => void,
): Promise<SocketsResult> {
  const random = seededRandom(seed);
  const faults = { posts: 0, lostPosts: 0, frames: 0, cuts: 0 };
  const stack = await startLocal({ gateway: { limits: { maxConnectionMs: MAX_CONNECTION_MS } } });
  const clients: PubsubClient[] = [];
  const histories: ClientHistory[] = [];
  try {
    Object.assign(process.env, stack.env);
    const topicId = `chaos-${seed}`;
    const webSocket = createCuttingWebSocket(random, faults);
    for (let begun = 0; begun < count; begun += CONNECTS_AT_ONCE) {
      const ready: Promise<unknown>[] = [];
      for (let n = begun; n < Math.min(count, begun + CONNECTS_AT_ONCE); n++) {
        const history = createHistory();
        const client = createPubsubClient({
          url: stack.websocketUrl,
          webSocket,
          heartbeatMs: HEARTBEAT_MS,
          heartbeatMaxMs: HEARTBEAT_MS,
          maxConnectionAgeMs: ROTATION_MS,
          onError: () => {},
        });
        const onGap = (gap: ClientHistory["gaps"][number]): void => void history.gaps.push(gap);
        ready.push(client.subscribe(topicId, (event) => recordEvent(history, event), { onGap }).ready);
        clients.push(client);
        histories.push(history);
      }
      await Promise.all(ready);
    }
    stack.faults.post({
      match: ({ body }) =>
        body.includes('"EVENTS"') && ++faults.posts > 0 && random() < LOST_POSTS && ++faults.lostPosts > 0,
      act: "lose-frame",
    });
    const offsets = await publishAll(stack, topicId, events);
    await waitForDeliveries(histories, count * events, onProgress);
    const { connected } = stack.stats().gateway;
    return { ...judge(histories, offsets), connections: connected, faults };
  } finally {
    for (const client of clients) client.close();
    await stack.stop();
  }
}

/** Creates a WebSocket class that sometimes breaks when a frame arrives, like a mobile network. */
function createCuttingWebSocket(
  random: () => number,
  counts: { frames: number; cuts: number },
): new (
  url: string,
) => WebSocket {
  return class CuttingWebSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      this.on("message", () => {
        counts.frames += 1;
        if (random() >= CUTS || this.readyState !== WebSocket.OPEN) return;
        counts.cuts += 1;
        this.terminate();
      });
    }
  };
}

async function publishAll(stack: LocalStack, topicId: string, events: number): Promise<number[]> {
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const config = { dynamodbTableName, fanoutQueueUrl };
  const startedMs = performance.now();
  const offsets: number[] = [];
  for (let n = 0; n < events; n++) {
    const dueMs = startedMs + (n * 1_000) / PUBLISHES_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    offsets.push((await publishToTopic({ topicId, data: { n }, config })).offset);
  }
  return offsets;
}

async function waitForDeliveries(
  histories: readonly ClientHistory[],
  expected: number,
  onProgress: (delivered: number) => void,
): Promise<void> {
  let last = { delivered: -1, atMs: 0 };
  for (;;) {
    const delivered = histories.reduce((sum, { events }) => sum + events.length, 0);
    onProgress(delivered);
    if (delivered >= expected) break;
    if (delivered !== last.delivered) last = { delivered, atMs: performance.now() };
    if (performance.now() - last.atMs > PATIENCE_MS) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  // Waits for two heartbeats, in which a duplicate could still arrive
  await new Promise((resolve) => setTimeout(resolve, 2 * HEARTBEAT_MS));
}
