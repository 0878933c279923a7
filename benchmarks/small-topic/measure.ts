import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { addUsage, type LocalStack, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { median } from "../support/statistics.ts";
import { until } from "../support/until.ts";
import { untilQuiet } from "../support/until-quiet.ts";
import { countOwnOutput } from "./own-output.ts";
import { configOf, type Path } from "./paths.ts";
import { connectSubscribers, type Subscribers } from "./subscribers.ts";

/** What is published to whom, and how. */
export interface SmallTopic {
  subscribers: number;
  publicationId: boolean;
  path: Path;
}

export interface Round {
  publications: number;
  /** What AWS would meter for all of them, without the publisher's own function. */
  usage: Usage;
  /** The median time of the publisher's call. */
  publishMs: number;
}

export interface MeasuredTopic extends SmallTopic {
  rounds: Round[];
  lost: number;
  duplicates: number;
}

export interface RoundSettings {
  rounds: number;
  publishes: number;
  bytes: number;
}

/** The topic opens, functions start, connections open, code is compiled. */
const WARM_UP_PUBLISHES = 5;

/** Publishes one message after the other. Each waits until the previous one has arrived and its fan-out is done. */
export async function measureTopic(
  stack: LocalStack,
  topic: SmallTopic,
  { rounds, publishes, bytes }: RoundSettings,
): Promise<MeasuredTopic> {
  const topicId = `small-${randomUUID()}`;
  const subscribers = await connectSubscribers(stack.websocketUrl, topicId, topic.subscribers);
  const data = "x".repeat(bytes);
  const config = configOf(stack, topic.path);
  let published = 0;

  async function publish(): Promise<number> {
    const startedMs = performance.now();
    const id = topic.publicationId ? { publicationId: randomUUID() } : {};
    await publishToTopic({ topicId, data, config, ...id });
    const tookMs = performance.now() - startedMs;
    published += 1;
    await arrival(stack, subscribers, published);
    return tookMs;
  }

  try {
    for (let count = 0; count < WARM_UP_PUBLISHES; count++) await publish();
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(stack, publishes, publish));
    const lost = await subscribers.missingOf(published);
    return { ...topic, rounds: measured, lost, duplicates: subscribers.duplicates() };
  } finally {
    await subscribers.close();
    await untilQuiet(stack);
  }
}

async function measureRound(
  stack: LocalStack,
  publications: number,
  publish: () => Promise<number>,
): Promise<Round> {
  const before = await untilQuiet(stack);
  const output = countOwnOutput();
  try {
    const tookMs: number[] = [];
    for (let count = 0; count < publications; count++) tookMs.push(await publish());
    const counted = subtractUsage(await untilQuiet(stack), before);
    const usage = addUsage(counted, { ...nothing(), logs: { bytes: output.logBytes() } });
    return { publications, usage, publishMs: median(tookMs) };
  } finally {
    output.stop();
  }
}

async function arrival(stack: LocalStack, subscribers: Subscribers, published: number): Promise<void> {
  await subscribers.missingOf(published);
  await until("the fan-out workers are idle", () => stack.stats().queue.inFlight === 0);
}

const nothing = (): Usage => ({
  apiGateway: { messages: 0, connectionMinutes: 0, bytesOut: 0 },
  sqs: { requests: 0, emptyReceives: 0 },
  dynamodb: { writeUnits: 0, readUnits: 0 },
  lambda: { requests: 0, gbSeconds: 0 },
  logs: { bytes: 0 },
});
