/** One random fan-out to subscriptions that end, are renewed, or last, under a virtual clock and with slow posts. */
import { inTurn } from "../../packages/pubsub/src/core/delivery/in-turn.ts";
import { createLimiter } from "../../packages/pubsub/src/core/delivery/limiter.ts";
import { createLimiters } from "../../packages/pubsub/src/core/delivery/limiters.ts";
import { handleBatch } from "../../packages/pubsub/src/core/fanout/batch.ts";
import { createInlineFanout } from "../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import { encodeFanoutMessage, type TopicMessage } from "../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutContext } from "../../packages/pubsub/src/core/fanout/worker.ts";
import type { Connections, PostResult } from "../../packages/pubsub/src/core/ports.ts";
import type { Consumer, StoredEvent } from "../../packages/pubsub/src/core/types.ts";
import { createMemoryLedger } from "../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue } from "../../packages/pubsub/src/testing/queue.ts";
import { createMemorySubscriptions } from "../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock } from "../../packages/pubsub/src/testing/virtual-clock.ts";
import { consumerOf, storedEvent } from "./samples.ts";

const TOPIC = "t";
const EPOCH = "0m1c2d3e4";
const START_MS = 1_900_000_000_000;
const VISIBILITY_MS = 60_000;

export interface EndingOutcome {
  /** Each frame that was sent, with the end that the subscription had then. */
  sent: { id: string; offset: number; atMs: number; endsAtMs: number }[];
  /** What each consumer was to get: all events, if its subscription lasted from the first event to the end. */
  lasting: string[];
  offsets: number[];
  /** `id offset` of what was received, and of what the ledger says was abandoned. */
  received: ReadonlySet<string>;
  abandoned: ReadonlySet<string>;
  /** How many consumers were given up because their subscription had ended, and how many renewals were found. */
  ended: number;
  renewed: number;
}

export async function fanOutToEndingSubscriptions(seed: number): Promise<EndingOutcome> {
  const clock = createVirtualClock({ seed, startMs: START_MS });
  const { random } = clock;
  const upTo = (max: number): number => Math.floor(random() * max);
  const subscriptions = createMemorySubscriptions(clock);
  const ledger = createMemoryLedger();
  const log = createMemoryTopicLog(clock);
  const queue = createMemoryQueue(clock);
  const received = new Set<string>();
  const abandoned = new Set<string>();
  const sent: EndingOutcome["sent"] = [];
  const offsets: number[] = [];
  let ended = 0;
  let renewed = 0;

  const endOf = new Map<string, number>();
  const lasting = new Set<string>();
  const consumers = Array.from({ length: 1 + upTo(6) }, (_, n) => consumerOf(`c${n}`));
  const format = random() < 0.5 ? "event" : "data";
  async function subscribe(consumer: Consumer, seconds: number): Promise<void> {
    const expiresAtSeconds = Math.floor(clock.now() / 1_000) + seconds;
    endOf.set(consumer.connectionId, expiresAtSeconds * 1_000);
    const subscribedAt = clock.now() - 60_000;
    await subscriptions.put({ consumer, topicId: TOPIC, format, subscribedAt, expiresAtSeconds });
  }
  /** The half of the subscriptions that ends is never renewed; the others are, each at a moment before its end. */
  async function live(consumer: Consumer): Promise<void> {
    const seconds = 1 + upTo(10);
    await subscribe(consumer, seconds);
    if (random() < 0.5) return;
    lasting.add(consumer.connectionId);
    await clock.sleep(random() * (seconds - 1) * 1_000);
    await subscribe(consumer, 7_000);
  }

  const slowMs = random() < 0.5 ? 200 : 4_000;
  const failing = random() * 0.3;
  const decoder = new TextDecoder();
  const offsetsIn = (text: string): number[] => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  const connections: Connections = {
    // Like the adapter: a frame waits for a connection, and is not sent after `sendUntilMs`
    async post({ connectionId: id }, { body }, { sendUntilMs = Number.POSITIVE_INFINITY } = {}) {
      if (random() < 0.3) await clock.sleep(random() * slowMs);
      const failed: PostResult = { outcome: "failed", retryable: true, reason: "500", kind: "5xx" };
      if (clock.now() > sendUntilMs) return { ...failed, kind: "no-connection" };
      const offsets = offsetsIn(decoder.decode(body));
      const endsAtMs = endOf.get(id) ?? 0;
      for (const offset of offsets) sent.push({ id, offset, atMs: clock.now(), endsAtMs });
      await clock.sleep(random() * slowMs);
      if (random() < failing) return random() < 0.5 ? failed : { outcome: "throttled" };
      for (const offset of offsets) received.add(`${id} ${offset}`);
      return { outcome: "delivered" };
    },
  };

  const limiter = createLimiter(clock, { initial: 1 + upTo(4), min: 1 });
  const worker: Omit<FanoutContext, "deadlineMs" | "leaseUntilMs"> = {
    clock,
    log,
    queue,
    connections: inTurn(connections),
    limiterOf: createLimiters(() => limiter),
    settings: { partSize: 1 + upTo(4), maxAttempts: 4 },
    subscriptions: {
      ...subscriptions,
      async liveOf(request) {
        await clock.sleep(random() * 20);
        const live = await subscriptions.liveOf(request);
        renewed += live.length;
        return live;
      },
    },
    ledger: {
      ...ledger,
      async abandon(request) {
        for (const { connectionId } of request.abandonment.consumers)
          abandoned.add(`${connectionId} ${request.publication.offset}`);
        await ledger.abandon(request);
      },
    },
    observe(event) {
      if (event.event === "posts-made") ended += event.ended ?? 0;
      if (event.event === "background-failure") throw event.error;
    },
  };
  const inline = createInlineFanout(worker, 10);

  async function publish(event: StoredEvent, isInline: boolean): Promise<void> {
    const message: TopicMessage = {
      kind: "topic",
      topicId: TOPIC,
      epoch: EPOCH,
      offsets: [event.offset],
      events: [event],
      step: 1,
    };
    if (isInline && (await inline.fanOut(message)) === "done") return;
    const delaySeconds = upTo(3);
    await queue.send([{ body: encodeFanoutMessage(message), delaySeconds }]);
  }

  async function work(): Promise<void> {
    for (let atMs = queue.nextVisibleAtMs(); atMs !== undefined; atMs = queue.nextVisibleAtMs()) {
      if (atMs > clock.now()) await clock.sleep(atMs - clock.now());
      const batch = queue.receive(1 + upTo(5), VISIBILITY_MS);
      const deadlineMs = clock.now() + 500 + upTo(10_000);
      const context = { ...worker, deadlineMs, leaseUntilMs: deadlineMs + 10_000 };
      const outcomes = await handleBatch(context, batch);
      for (const { id } of batch) if (outcomes.get(id)?.outcome === "done") queue.delete(id);
    }
  }

  async function run(): Promise<void> {
    const lives = consumers.map(live);
    const events = Array.from({ length: 1 + upTo(3) }, (_, n) => n + 1);
    const isInline = random() < 0.3;
    for (const offset of events) {
      await clock.sleep(random() * 5_000);
      offsets.push(offset);
      await publish(storedEvent(offset, { publishedAt: clock.now() }), isInline);
      if (random() < 0.5) await work();
    }
    await work();
    await Promise.all(lives);
  }
  await clock.run(run());
  return { sent, lasting: [...lasting], offsets, received, abandoned, ended, renewed };
}
