import { describe, expect, it } from "vitest";
import { createInlineFanout } from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import { publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { QueuedMessage } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher, type Publish } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Format } from "../../../packages/pubsub/src/core/types.ts";
import { drainQueue } from "../../support/drain-queue.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS, subscriptionOf } from "../../support/samples.ts";

interface SetUp extends TestContext {
  publish: Publish;
  /** What the publisher asked its ports for, in order. */
  calls: string[];
  sent: QueuedMessage[];
  /** Called while an append is under way. */
  duringAppend: () => Promise<void>;
  failNextPage: boolean;
  subscribe(id: string, format: Format): Promise<void>;
}

/** A topic whose first subscriber has this format, and a publisher that fans out to at most three. */
async function setUp(format: Format): Promise<SetUp> {
  const context = createTestContext({ answer: async () => undefined });
  const { log, subscriptions, queue } = context;
  const world: SetUp = {
    ...context,
    calls: [],
    sent: [],
    duringAppend: async () => {},
    failNextPage: false,
    publish: () => Promise.reject(new Error("not made yet")),
    async subscribe(id, ofFormat) {
      context.connections.open(consumerOf(id));
      await subscriptions.put(subscriptionOf(id, "t", { format: ofFormat }));
    },
  };
  const worker = {
    ...context,
    log: {
      ...log,
      async append(request: Parameters<typeof log.append>[0]) {
        world.calls.push("append");
        await world.duringAppend();
        const result = await log.append(request);
        world.calls.push("appended");
        return result;
      },
    },
    subscriptions: {
      ...subscriptions,
      page(request: Parameters<typeof subscriptions.page>[0]) {
        world.calls.push("page");
        if (world.failNextPage) {
          world.failNextPage = false;
          return Promise.reject(new Error("throttled"));
        }
        return subscriptions.page(request);
      },
    },
    queue: {
      ...queue,
      async send(messages: readonly QueuedMessage[]) {
        world.sent.push(...messages);
        await queue.send(messages);
      },
    },
  };
  world.publish = createPublisher(
    worker,
    { retentionSeconds: DAY_SECONDS },
    createInlineFanout(worker, 3),
  ).publish;
  await world.subscribe("c0", format);
  // From the first fan-out the publisher learns who the subscribers are
  await world.publish({ topicId: "t", data: 0 });
  world.calls.length = 0;
  return world;
}

const received = ({ connections }: TestContext, id: string): number =>
  connections.received(consumerOf(id)).length;

describe("a publisher that knows a topic's subscribers to be few and to take EVENTS messages", () => {
  it("reads them while it appends, and again for those who came meanwhile", async () => {
    const world = await setUp("event");
    await world.publish({ topicId: "t", data: 1 });
    expect(world.calls).toEqual(["page", "append", "appended", "page"]);
    expect(received(world, "c0")).toBe(2);
  });

  it("posts to a connection that subscribed during the append, and counts it", async () => {
    const world = await setUp("event");
    world.duringAppend = () => world.subscribe("c1", "event");
    const { epoch, offset } = await world.publish({ topicId: "t", data: 1 });
    expect([received(world, "c0"), received(world, "c1")]).toEqual([2, 1]);
    const status = await publicationStatus(world, { topicId: "t", epoch, offset });
    expect(status).toMatchObject({ state: "complete", delivered: 2 });
    expect(world.sent).toEqual([]);
  });

  // A claim keeps it from getting the data twice, and only a worker has one
  it("leaves a connection that subscribed for bare data during the append to a worker", async () => {
    const world = await setUp("event");
    world.duringAppend = () => world.subscribe("c1", "data");
    const { epoch, offset } = await world.publish({ topicId: "t", data: 1 });
    expect([received(world, "c0"), received(world, "c1")]).toEqual([2, 0]);
    await drainQueue(world);
    expect([received(world, "c0"), received(world, "c1")]).toEqual([2, 1]);
    const status = await publicationStatus(world, { topicId: "t", epoch, offset });
    expect(status).toMatchObject({ state: "complete", delivered: 2 });
  });

  it("leaves all to the queue if more than it may post to subscribed during the append", async () => {
    const world = await setUp("event");
    world.duringAppend = async () => {
      for (const id of ["c1", "c2", "c3", "c4"]) await world.subscribe(id, "event");
    };
    await world.publish({ topicId: "t", data: 1 });
    expect(world.sent).toHaveLength(1);
    await drainQueue(world);
    for (const id of ["c1", "c2", "c3", "c4"]) expect(received(world, id)).toBe(1);
  });

  it("reads them after the append if the read before it failed", async () => {
    const world = await setUp("event");
    world.failNextPage = true;
    await world.publish({ topicId: "t", data: 1 });
    expect(world.calls).toEqual(["page", "append", "appended", "page"]);
    expect(received(world, "c0")).toBe(2);
    expect(world.observed).not.toContainEqual(expect.objectContaining({ event: "background-failure" }));
  });

  it("leaves all to the queue if the read after the append failed", async () => {
    const world = await setUp("event");
    world.duringAppend = async () => {
      world.failNextPage = true;
    };
    await world.publish({ topicId: "t", data: 1 });
    expect(world.sent).toHaveLength(1);
    await drainQueue(world);
    // Once more than needed: its client drops the repeat
    expect(received(world, "c0")).toBe(3);
  });
});

it("a publisher whose topic has a subscriber of bare data reads the index once, after the append", async () => {
  const world = await setUp("data");
  await world.publish({ topicId: "t", data: 1 });
  expect(world.calls).toEqual(["append", "appended", "page"]);
  expect(received(world, "c0")).toBe(2);
});
