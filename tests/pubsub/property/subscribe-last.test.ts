/**
 * A client subscribes with `last: 50` to a topic of 10,000 events while others publish, workers post, and messages overtake
 * each other. After the client's own sequencer, it must have exactly 50 events of history, then every later event once.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createSequencer } from "../../../packages/client/src/sequencer.ts";
import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { createLimiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { createLimiters } from "../../../packages/pubsub/src/core/delivery/limiters.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { FANOUT_SETTINGS_DEFAULT } from "../../../packages/pubsub/src/core/fanout/worker.ts";
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { frameSettings, handleWebsocketEvent } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createMemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createMemorySpending } from "../../../packages/pubsub/src/testing/spending.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { fillTopic } from "../../support/fill-topic.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { consumerOf, DAY_SECONDS } from "../../support/samples.ts";
import { createDoor, portsThrough } from "../../support/simulation/door.ts";

const TOPIC = "room";
const EPOCH = "0m1c2d3e4";
const STORED = 10_000;
const LAST = 50;
const consumer = consumerOf("client");
const logSettings = { retentionSeconds: DAY_SECONDS };

interface Scenario {
  seed: number;
  /** After how many milliseconds each event is published. The client subscribes after 100. */
  publishedAfterMs: number[];
}

interface Seen {
  from: Position;
  offset: number;
  queries: number;
  delivered: number[];
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  publishedAfterMs: fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 30 }),
});

it("gives exactly 50 events with one query, then live ones, without a gap and without a repeat", async () => {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const { from, offset, queries, delivered } = await subscribeWhilePublishing(scenario);
    expect(queries).toBe(1);
    expect(offset - from.offset).toBe(LAST);
    const last = STORED + scenario.publishedAfterMs.length;
    expect(delivered).toEqual(Array.from({ length: last - from.offset }, (_, n) => from.offset + n + 1));
  });
  await fc.assert(property, { numRuns: numberOfRuns(25) });
});

async function subscribeWhilePublishing({ seed, publishedAfterMs }: Scenario): Promise<Seen> {
  const clock = createVirtualClock({ seed, startMs: 1_800_000_000_000 });
  const log = createMemoryTopicLog(clock);
  await fillTopic({ log, clock }, { topicId: TOPIC, epoch: EPOCH, count: STORED });
  const connections = createMemoryConnections();
  connections.open(consumer);
  let queries = 0;
  const queue = createMemoryQueue(clock);
  const door = createDoor({ clock, isAlive: () => true, fate: () => "fine", crash: () => {} });
  const memory: Ports = {
    clock,
    log: {
      ...log,
      newest(request) {
        queries += 1;
        return log.newest(request);
      },
    },
    subscriptions: createMemorySubscriptions(clock),
    connections,
    queue,
    ledger: createMemoryLedger(),
    observe: () => {},
  };
  const ports = portsThrough(door, door, memory);
  const pubsub: Pubsub = {
    config: resolveConfig({ dynamodbTableName: "table" }),
    logSettings,
    ports: { ...ports, spending: createMemorySpending(), disconnect: connections.disconnect },
    limiterOf: createLimiters(() => createLimiter(clock)),
    ...createPublisher(ports, logSettings),
  };

  async function subscribe(): Promise<void> {
    await clock.sleep(100);
    const body = JSON.stringify({
      action: "SUBSCRIBE",
      topicId: TOPIC,
      format: "event",
      last: LAST,
      requestId: "r",
    });
    const settings = frameSettings({ config: pubsub.config, authorize: "everybody" }, pubsub);
    const event = { requestContext: { ...consumer, eventType: "MESSAGE" as const }, body };
    await handleWebsocketEvent(pubsub, settings, event);
  }

  let isPublishing = true;
  async function work(): Promise<void> {
    while (isPublishing || queue.nextVisibleAtMs() !== undefined) {
      const nowMs = clock.now();
      const received = queue.receive(1 + Math.floor(clock.random() * 10), 60_000);
      const limits = { deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + 30_000 };
      const context = { ...ports, ...limits, limiterOf: pubsub.limiterOf, settings: FANOUT_SETTINGS_DEFAULT };
      const outcomes = await handleBatch(context, received);
      for (const [id, { outcome }] of outcomes) if (outcome === "done") queue.delete(id);
      await clock.sleep(1 + clock.random() * 40);
    }
  }

  const publishing = publishedAfterMs.map(async (ms) => {
    await clock.sleep(ms);
    await pubsub.publish({ topicId: TOPIC, data: ms });
  });
  const all = [...publishing, subscribe()];
  const workers = [work(), work()];
  await clock.run(Promise.all(all));
  isPublishing = false;
  await clock.run(Promise.all(workers));
  return { queries, ...sequenced(connections.received(consumer)) };
}

interface Frame {
  type: string;
  offset: number;
  from: Position;
  events?: { offset: number; publicationId: string; publishedAt: number; data: unknown }[];
}

/** What the client's sequencer makes of the messages that came. */
function sequenced(texts: readonly string[]): Omit<Seen, "queries"> {
  const delivered: number[] = [];
  const gaps: unknown[] = [];
  const sequencer = createSequencer(
    undefined,
    ({ offset }) => void delivered.push(offset),
    (gap) => void gaps.push(gap),
  );
  let subscribed: Frame | undefined;
  for (const text of texts) {
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "SUBSCRIBED") {
      subscribed = frame;
      sequencer.start(frame.from);
    }
    for (const event of frame.events ?? []) {
      sequencer.push({ topicId: TOPIC, epoch: EPOCH, ...event }, text.length);
    }
  }
  expect(gaps).toEqual([]);
  if (!subscribed) throw new Error("no SUBSCRIBED came");
  return { from: subscribed.from, offset: subscribed.offset, delivered };
}
