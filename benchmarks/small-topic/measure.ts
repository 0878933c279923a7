import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { addUsage, type LocalStack, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { median } from "../support/statistics.ts";
import { until } from "../support/until.ts";
import { untilQuiet } from "../support/until-quiet.ts";
import { countOwnOutput } from "./own-output.ts";
import { configOf, type Path } from "./paths.ts";
import { connectSubscribers, type Publication, type Subscribers } from "./subscribers.ts";

/** What is published to whom, and how. */
export interface SmallTopic {
  subscribers: number;
  publicationId: boolean;
  path: Path;
}

export interface Round {
  publications: number;
  /** What AWS would meter for all of them, without the function of the publisher, unless that is a client. */
  usage: Usage;
  /** The median time of the publisher's call. */
  publishMs: number;
  /** The longest time of the publisher's call. */
  slowestMs: number;
}

export interface MeasuredTopic extends SmallTopic {
  rounds: Round[];
  lost: number;
  duplicates: number;
}

export interface RoundSettings {
  /** Publications before the first round. */
  warmUp: number;
  rounds: number;
  publishes: number;
  bytes: number;
}

/** After this a publisher leaves the rest to the queue. A busy machine would measure that instead of the path. */
const INLINE_POSTING_MS = 1_500;

/** Publishes one message after the other. Each waits until the previous one has arrived and its fan-out is done. */
export async function measureTopic(
  stack: LocalStack,
  topic: SmallTopic,
  { warmUp, rounds, publishes, bytes }: RoundSettings,
): Promise<MeasuredTopic> {
  const topicId = `small-${randomUUID()}`;
  const subscribers = await connectSubscribers(stack.websocketUrl, topicId, topic.subscribers);
  const data = "x".repeat(bytes);
  const send = publisherOf(stack, topic.path, subscribers);
  let published = 0;

  async function publish(): Promise<number> {
    const startedMs = performance.now();
    const id = topic.publicationId ? { publicationId: randomUUID() } : {};
    await send({ topicId, data, ...id });
    const tookMs = performance.now() - startedMs;
    published += 1;
    await arrival(stack, subscribers, published);
    return tookMs;
  }

  try {
    for (let count = 0; count < warmUp; count++) await publish();
    const measured: Round[] = [];
    while (measured.length < rounds) {
      const round = await measureRound(stack, publishes, publish);
      if (topic.path !== "inline" || round.slowestMs < INLINE_POSTING_MS) measured.push(round);
    }
    const lost = await subscribers.missingOf(published);
    return { ...topic, rounds: measured, lost, duplicates: subscribers.duplicates() };
  } finally {
    await subscribers.close();
    await untilQuiet(stack);
  }
}

function publisherOf(
  stack: LocalStack,
  path: Path,
  subscribers: Subscribers,
): (publication: Publication) => Promise<unknown> {
  if (path === "client") return subscribers.publish;
  const config = configOf(stack, path);
  return (publication) => publishToTopic({ ...publication, config });
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
    return { publications, usage, publishMs: median(tookMs), slowestMs: Math.max(...tookMs) };
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
