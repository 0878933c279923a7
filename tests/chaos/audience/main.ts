import { setTimeout as sleep } from "node:timers/promises";
import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { WebSocket } from "ws";
import { createReporting } from "../run/reporting.ts";
import { seededRandom } from "../seeded-random.ts";
import { startRawSubscriber } from "./raw-subscriber.ts";

/** The order to the process that runs all subscribers of a run. */
export interface AudienceOrder {
  url: string;
  seed: number;
  topics: string[];
  /** Topics with subscribers of their own. */
  small: { topic: string; clients: number; raws: number }[];
  clients: number;
  raws: number;
  /** Raw subscribers that connect for a short time. Nothing is owed to them after they left. */
  passing: number;
  /** The run's duration. Late subscribers join in its first half. */
  durationMs: number;
}

/** The last position of each topic's log. */
export type Ends = Record<string, { epoch: string; offset: number }>;

const HEARTBEAT_MS = 6_000;
const ROTATION_MS = 30_000;
const REPLY_TIMEOUT_MS = 6_000;
const CONNECTS_AT_ONCE = 16;
const LATE = 0.2;

process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
const order = JSON.parse(process.argv[2] ?? "") as AudienceOrder;
const random = seededRandom(order.seed);
const { record, flush } = createReporting();
const pickTopic = (index: number): string => order.topics[index % order.topics.length] ?? "";
const reached = new Map<string, { topic: string; epoch: string; offset: number }>();
const closers: (() => void)[] = [];

async function startClient(who: string, topic: string): Promise<void> {
  const client = createPubsubClient({
    url: `${order.url}?who=${who}`,
    webSocket: WebSocket,
    heartbeatMs: HEARTBEAT_MS,
    heartbeatMaxMs: HEARTBEAT_MS,
    maxConnectionAgeMs: ROTATION_MS,
    answerTimeoutMs: REPLY_TIMEOUT_MS,
    backoff: { baseMs: 100, maxMs: 2_000, stableMs: 3_000 },
    random,
    onError: () => {},
  });
  closers.push(() => client.close());
  const { ready } = client.subscribe<{ m: string }>(
    topic,
    ({ epoch, offset, data }) => {
      reached.set(who, { topic, epoch, offset });
      record({ at: Date.now(), k: "got", who, m: data.m, epoch, offset });
    },
    { onGap: ({ reason }) => record({ at: Date.now(), k: "gap", who, reason }) },
  );
  const { epoch, offset } = await ready;
  if (!reached.has(who)) reached.set(who, { topic, epoch, offset });
  record({ at: Date.now(), k: "subscribed", who, topic, epoch, offset });
}

async function startRaw(name: string, topic: string, lifeMs?: () => number): Promise<void> {
  const raw = startRawSubscriber({
    url: order.url,
    name,
    topic,
    ...(lifeMs && { lifeMs }),
    random,
    record,
  });
  closers.push(raw.close);
  await raw.ready;
}

const starts: (() => Promise<void>)[] = [];
for (let index = 0; index < order.clients; index++)
  starts.push(() => startClient(`client-${index}`, pickTopic(index)));
for (let index = 0; index < order.raws; index++)
  starts.push(() => startRaw(`raw-${index}`, pickTopic(index)));
for (let index = 0; index < order.passing; index++) {
  const lifeMs = (): number => 3_000 + 12_000 * random();
  starts.push(() => startRaw(`passing-${index}`, pickTopic(index), lifeMs));
}
for (const { topic, clients, raws } of order.small) {
  for (let index = 0; index < clients; index++)
    starts.push(() => startClient(`client-${topic}-${index}`, topic));
  for (let index = 0; index < raws; index++) starts.push(() => startRaw(`raw-${topic}-${index}`, topic));
}
const isLate = starts.map(() => random() < LATE);
const early = starts.filter((_, index) => !isLate[index]);
const late = starts.filter((_, index) => isLate[index]);
for (let begun = 0; begun < early.length; begun += CONNECTS_AT_ONCE) {
  await Promise.all(early.slice(begun, begun + CONNECTS_AT_ONCE).map((start) => start()));
}
process.send?.("ready");
let expected = late.length;
for (const start of late) {
  void sleep((random() * order.durationMs) / 2)
    .then(start)
    .then(() => {
      expected -= 1;
    });
}

process.on("message", (message: { ends: Ends } | "close") => {
  if (message === "close") {
    for (const close of closers) close();
    flush();
    process.send?.("closed", () => process.disconnect());
    return;
  }
  flush();
  process.send?.({ behind: countBehind(message.ends) });
});

/** Counts the clients that have not reached the end of their topic, and the late subscribers that have not joined. */
function countBehind(ends: Ends): number {
  const clients = [...reached.values()].filter(({ topic, epoch, offset }) => {
    const end = ends[topic];
    return end !== undefined && (end.epoch !== epoch || end.offset !== offset);
  });
  return clients.length + expected;
}
