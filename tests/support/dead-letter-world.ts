import { type RedriveOptions, redrive } from "../../packages/pubsub/src/core/dead-letters/redrive.ts";
import type { RedriveResult } from "../../packages/pubsub/src/core/dead-letters/redrive-result.ts";
import { handleBatch } from "../../packages/pubsub/src/core/fanout/batch.ts";
import { encodeFanoutMessage } from "../../packages/pubsub/src/core/fanout/message.ts";
import { foldLedger } from "../../packages/pubsub/src/core/fanout/status.ts";
import { createTestContext, type TestContext } from "./fanout-context.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "./samples.ts";

/** A fan-out in memory that gives up after one attempt, in pages of three, and its dead letters. */
export interface DeadLetterWorld {
  context: TestContext;
  epoch: string;
  /** Every post fails while this is true. It is true at first. */
  broken: boolean;
  run(options?: Partial<RedriveOptions>): Promise<RedriveResult>;
  subscribe(topicId: string, ...ids: string[]): Promise<void>;
  /** Runs the fan-out until the queue is empty. */
  fanOut(): Promise<void>;
  /** Creates `count` topics, each with its own audience and one event, and makes every delivery a dead letter. */
  deadTopics(count: number, audience: (topic: number) => string[]): Promise<void>;
  /** Returns the number of posts that a consumer received. */
  received(id: string): number;
  statusOf(topicId: string): Promise<ReturnType<typeof foldLedger>>;
}

export const REDRIVE_ALL: RedriveOptions = {
  filter: () => true,
  max: Number.POSITIVE_INFINITY,
  dryRun: false,
  onProgress: () => {},
};

export function createDeadLetterWorld(): DeadLetterWorld {
  const epoch = "0m1c2d3e4";
  const context = createTestContext({
    maxAttempts: 1,
    partSize: 3,
    answer: async () => (world.broken ? { outcome: "failed", retryable: true, reason: "500" } : undefined),
  });

  const publish = (topicId: string): Promise<void> => {
    const page = { kind: "topic" as const, topicId, epoch, offsets: [1], events: [storedEvent(1)], step: 1 };
    return context.queue.send([{ body: encodeFanoutMessage(page), delaySeconds: 0 }]);
  };

  const world: DeadLetterWorld = {
    context,
    epoch,
    broken: true,
    run: (options = {}) => redrive(context, { ...REDRIVE_ALL, ...options }),
    async subscribe(topicId, ...ids) {
      for (const id of ids) {
        context.connections.open(consumerOf(id));
        await context.subscriptions.put(subscriptionOf(id, topicId));
      }
    },
    async fanOut() {
      for (;;) {
        const received = context.queue.receive(10, 30_000);
        if (received.length === 0) return;
        const nowMs = context.clock.now();
        const limits = { deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + 30_000 };
        for (const [id, { outcome }] of await handleBatch({ ...context, ...limits }, received)) {
          if (outcome === "done") context.queue.delete(id);
        }
        context.clock.advance(1);
      }
    },
    async deadTopics(count, audience) {
      for (let topic = 0; topic < count; topic++) {
        await world.subscribe(`t${topic}`, ...audience(topic));
        await publish(`t${topic}`);
      }
      await world.fanOut();
    },
    received: (id) => context.connections.received(consumerOf(id)).length,
    statusOf: async (topicId) =>
      foldLedger(await collect(context.ledger.rows({ topicId, epoch, offset: 1 }))),
  };
  return world;
}
