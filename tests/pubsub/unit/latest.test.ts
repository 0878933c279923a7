/** Of events that are posted together, a subscription with `latest` gets the newest. */
import { describe, expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { createInProcessQueue } from "../../../packages/pubsub/src/core/fanout/in-process-queue.ts";
import { createInlineFanout } from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import { publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { drainQueue, nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS, subscriptionOf } from "../../support/samples.ts";

const TOPIC = "price";
const GONE: PostResult = { outcome: "gone" };
const FAILED: PostResult = { outcome: "failed", retryable: true, reason: "HTTP 500", kind: "5xx" };
type Path = "queue" | "parts" | "inline" | "in process";

interface World extends TestContext {
  /** Publishes three events that are appended, and so posted, together. Their data are their offsets. */
  publishThree(publisher?: Consumer): Promise<void>;
  /** The offsets or the data in each message that a connection received. */
  received(id: string): unknown[];
  statusOf(offset: number): Promise<object>;
}

async function setUp({
  formats = ["event", "data"],
  path = "queue",
  answer = () => undefined,
  maxAttempts = 3,
}: {
  formats?: ("event" | "data")[];
  path?: Path;
  answer?: (id: string) => PostResult | undefined;
  maxAttempts?: number;
} = {}): Promise<World> {
  const context = createTestContext({
    partSize: path === "parts" ? 1 : 100,
    maxAttempts,
    answer: async ({ connectionId }) => answer(connectionId),
  });
  for (const format of formats) {
    for (const latest of [true, false]) {
      const id = `${latest ? "latest" : "every"}-${format}`;
      context.connections.open(consumerOf(id));
      const row = subscriptionOf(id, TOPIC, { format, subscribedAt: 0 });
      await context.subscriptions.put({ ...row, ...(latest && { latest }) });
    }
  }
  const queue = path === "in process" ? createInProcessQueue(context) : context.queue;
  const inline = path === "inline" ? createInlineFanout(context, 10) : undefined;
  const { publishAll, publish } = createPublisher(
    { ...context, queue },
    { retentionSeconds: DAY_SECONDS },
    inline,
  );
  let epoch = "";
  return {
    ...context,
    async publishThree(publisher) {
      const datas = [1, 2, 3].map((data) => ({ topicId: TOPIC, data }));
      const client = publisher && { consumer: publisher, isEchoed: true };
      // The last of them by a client, which has it from the response
      const results = client
        ? await Promise.all(datas.map((each) => publish({ ...each, ...(each.data === 3 && { client }) })))
        : await publishAll(datas);
      for (const result of results) if ("epoch" in result) epoch = result.epoch;
      for (;;) {
        const received = context.queue.receive(10, 60_000);
        if (received.length === 0) break;
        await handleBatch(nextInvocation(context), received);
        for (const { id } of received) context.queue.delete(id);
      }
      await drainQueue(context);
    },
    received: (id) =>
      context.connections.received(consumerOf(id)).map((text) => {
        const value = JSON.parse(text) as { events?: { offset: number }[] };
        return value.events?.map(({ offset }) => offset) ?? value;
      }),
    statusOf: (offset) => publicationStatus(context, { topicId: TOPIC, epoch, offset }),
  };
}

describe("a subscription with latest", () => {
  it.each<Path>(["queue", "parts", "inline", "in process"])(
    "gets only the newest of three events, and the others get all: %s",
    async (path) => {
      const world = await setUp({ path });
      await world.publishThree();
      expect(world.received("latest-event")).toEqual([[3]]);
      expect(world.received("latest-data")).toEqual([3]);
      expect(world.received("every-event")).toEqual([[1, 2, 3]]);
      expect(world.received("every-data")).toEqual([1, 2, 3]);
    },
  );

  it("counts as delivered at each event that the newest supersedes, without a post for it", async () => {
    const world = await setUp({ formats: ["event"] });
    await world.publishThree();
    for (const offset of [1, 2, 3]) {
      expect(await world.statusOf(offset)).toMatchObject({ state: "complete", delivered: 2, retried: 0 });
    }
    const posts = world.observed.filter(({ event }) => event === "posts-made");
    expect(posts).toMatchObject([{ posts: 2, delivered: 2, events: 4 }]);
  });

  it("gets the newest with the redelivery of a post that failed, which counts once", async () => {
    let failures = 0;
    const world = await setUp({
      formats: ["event"],
      answer: (id) => (id === "latest-event" && failures++ < 3 ? FAILED : undefined),
    });
    await world.publishThree();
    expect(world.received("latest-event")).toEqual([[3]]);
    expect(await world.statusOf(1)).toMatchObject({ state: "complete", delivered: 2, retried: 0 });
    // Two quick retries and the redelivery
    expect(await world.statusOf(3)).toMatchObject({ state: "complete", delivered: 2, retried: 3 });
  });

  it("counts as gone, or as abandoned, at each of the events", async () => {
    const gone = await setUp({
      formats: ["event"],
      answer: (id) => (id === "latest-event" ? GONE : undefined),
    });
    await gone.publishThree();
    const abandoned = await setUp({
      formats: ["event"],
      answer: (id) => (id === "latest-event" ? FAILED : undefined),
      maxAttempts: 1,
    });
    await abandoned.publishThree();
    for (const offset of [1, 2, 3]) {
      expect(await gone.statusOf(offset)).toMatchObject({ delivered: 1, gone: 1, abandoned: 0 });
      expect(await abandoned.statusOf(offset)).toMatchObject({ delivered: 1, gone: 0, abandoned: 1 });
    }
  });

  it("gets nothing if the newest is its own publication, which it has from the response", async () => {
    const world = await setUp({ formats: ["event"] });
    await world.publishThree(consumerOf("latest-event"));
    expect(world.received("latest-event").flat()).not.toContain(3);
    expect(world.received("every-event").flat()).toEqual([1, 2, 3]);
    expect(await world.statusOf(2)).toMatchObject({ state: "complete", delivered: 2 });
    expect(await world.statusOf(3)).toMatchObject({ state: "complete", delivered: 1 });
  });
});
