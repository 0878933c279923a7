/**
 * A consumer that did not read cost 8 queue messages, 16 writes of the ledger, another for the abandonment, and a dead
 * letter for each publication, until its connection ended. The tests run the fan-out in memory, under a clock of their own.
 */
import { describe, expect, it } from "vitest";
import { handleBatch, type MessageOutcome } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const EPOCH = "0m1c2d3e4";
const TOPIC = "t";
const deaf = consumerOf("deaf");
const reader = consumerOf("reader");
const MINUTE_MS = 60_000;

interface World extends TestContext {
  /** What posts to the deaf consumer return. */
  answer:
    | { outcome: "throttled" }
    | { outcome: "failed"; retryable: true; reason: string; kind: "5xx" }
    | undefined;
  costs: Costs;
}

interface Costs {
  messages: number;
  ledgerWrites: number;
  deadLetters: number;
  subscriptionWrites: number;
  posts: number;
}

const NOTHING: Costs = { messages: 0, ledgerWrites: 0, deadLetters: 0, subscriptionWrites: 0, posts: 0 };

async function setUp(): Promise<World> {
  const costs = { ...NOTHING };
  function count(name: keyof Costs, by = 1): void {
    costs[name] += by;
  }
  const counted =
    <Args extends unknown[], Result>(name: keyof Costs, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      count(name);
      return call(...args);
    };
  const context = createTestContext({
    maxAttempts: 8,
    async answer({ connectionId }) {
      if (connectionId !== deaf.connectionId) return undefined;
      count("posts");
      return world.answer;
    },
  });
  const { queue, ledger, subscriptions } = context;
  const world: World = Object.assign(context, {
    answer: { outcome: "throttled" } as World["answer"],
    costs,
    queue: {
      ...queue,
      get deadLetters() {
        return queue.deadLetters;
      },
      async send(messages: Parameters<typeof queue.send>[0]) {
        count("messages", messages.length);
        await queue.send(messages);
      },
      deadLetter: counted("deadLetters", queue.deadLetter),
    },
    ledger: {
      ...ledger,
      claim: counted("ledgerWrites", ledger.claim),
      settle: counted("ledgerWrites", ledger.settle),
      abandon: counted("ledgerWrites", ledger.abandon),
    },
    subscriptions: {
      ...subscriptions,
      replaceAbandonments: counted("subscriptionWrites", subscriptions.replaceAbandonments),
      removeUnchanged: counted("subscriptionWrites", subscriptions.removeUnchanged),
    },
  });
  for (const consumer of [deaf, reader]) {
    context.connections.open(consumer);
    await subscriptions.put({ ...subscriptionOf("", TOPIC), consumer });
  }
  return world;
}

/** Publishes, and works on the queue until nothing is left of it. Returns what that cost. */
async function publish(world: World, offset: number): Promise<Costs> {
  const before = { ...world.costs };
  const run = { topicId: TOPIC, epoch: EPOCH, offsets: [offset], events: [storedEvent(offset)] };
  await world.queue.send([
    { body: encodeFanoutMessage({ kind: "topic", ...run, step: 1 }), delaySeconds: 0 },
  ]);
  for (let at = world.queue.nextVisibleAtMs(); at !== undefined; at = world.queue.nextVisibleAtMs()) {
    world.clock.advance(Math.max(0, at - world.clock.now()));
    const received = world.queue.receive(10, LEASE_MS);
    world.deadlineMs = world.clock.now() + 20_000;
    world.leaseUntilMs = world.clock.now() + LEASE_MS;
    const outcomes: Map<string, MessageOutcome> = await handleBatch(world, received);
    for (const [id, { outcome }] of outcomes) if (outcome === "done") world.queue.delete(id);
  }
  const spent = Object.entries(world.costs).map(([name, value]) => [
    name,
    value - before[name as keyof Costs],
  ]);
  return Object.fromEntries(spent) as Costs;
}

const rowOf = async ({ subscriptions }: World): Promise<Subscription | undefined> => {
  const page = await subscriptions.page({ topicId: TOPIC, limit: 10 });
  return page.subscriptions.find(({ consumer }) => consumer.connectionId === deaf.connectionId);
};
const ended = ({ observed }: World): PipelineEvent[] =>
  observed.filter(({ event }) => event === "subscription-ended");

/** What a publication to consumers that all read costs: its message, a claim and a result. */
const READ = { messages: 1, ledgerWrites: 2, deadLetters: 0, subscriptionWrites: 0 };

describe("a consumer that does not read", () => {
  it("costs no dead letter, all attempts once, a row for the next two publications, and then nothing", async () => {
    const world = await setUp();
    const costs: Costs[] = [];
    for (let offset = 1; offset <= 6; offset++) {
      costs.push(await publish(world, offset));
      world.clock.advance(MINUTE_MS);
    }
    expect(costs).toEqual([
      // 8 attempts of 3 posts. The 429 that could be the account's is one more
      { messages: 8, ledgerWrites: 17, deadLetters: 0, subscriptionWrites: 1, posts: expect.any(Number) },
      { messages: 1, ledgerWrites: 3, deadLetters: 0, subscriptionWrites: 1, posts: expect.any(Number) },
      { messages: 1, ledgerWrites: 3, deadLetters: 0, subscriptionWrites: 1, posts: expect.any(Number) },
      { ...READ, posts: 0 },
      { ...READ, posts: 0 },
      { ...READ, posts: 0 },
    ]);
    expect(ended(world)).toEqual([
      {
        event: "subscription-ended",
        topicId: TOPIC,
        epoch: EPOCH,
        offset: 3,
        publicationId: "publication-3",
        consumer: deaf,
        inRow: 3,
        inAll: 3,
        reason: "throttled (429)",
      },
    ]);
    expect(await rowOf(world)).toBeUndefined();
    expect(world.connections.received(reader)).toHaveLength(6);
    const abandoned = world.observed.filter((event) => event.event === "delivery-abandoned");
    expect(abandoned.map(({ consumers, unread }) => [consumers, unread])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it("keeps its subscription if it takes a delivery in between, which costs one write", async () => {
    const world = await setUp();
    for (const offset of [1, 2]) {
      await publish(world, offset);
      world.clock.advance(MINUTE_MS);
    }
    expect((await rowOf(world))?.abandonments).toMatchObject({ inRow: 2, inAll: 2 });
    world.answer = undefined;
    expect(await publish(world, 3)).toMatchObject({ ...READ, subscriptionWrites: 1 });
    expect(await publish(world, 4)).toMatchObject(READ);
    expect((await rowOf(world))?.abandonments).toMatchObject({ inRow: 0, inAll: 2 });
    world.answer = { outcome: "throttled" };
    // It has all its attempts again
    expect(await publish(world, 5)).toMatchObject({ messages: 8, ledgerWrites: 17 });
    expect((await rowOf(world))?.abandonments).toMatchObject({ inRow: 1, inAll: 3 });
    expect(ended(world)).toEqual([]);
  });

  it("loses its subscription after 20 abandonments in all, also if it takes a delivery between them", async () => {
    const world = await setUp();
    for (let offset = 1; offset < 60 && (await rowOf(world)); offset++) {
      world.answer = offset % 2 === 0 ? undefined : { outcome: "throttled" };
      await publish(world, offset);
      world.clock.advance(MINUTE_MS);
    }
    expect(ended(world)).toMatchObject([{ inRow: 1, inAll: 20 }]);
  });

  it("is counted once for the publications of half a minute", async () => {
    const world = await setUp();
    await publish(world, 1);
    for (let offset = 2; offset <= 9; offset++) {
      world.clock.advance(1_000);
      expect(await publish(world, offset)).toMatchObject({
        messages: 1,
        deadLetters: 0,
        subscriptionWrites: 0,
      });
    }
    expect((await rowOf(world))?.abandonments).toMatchObject({ inRow: 1, inAll: 1 });
    world.clock.advance(MINUTE_MS);
    await publish(world, 10);
    expect((await rowOf(world))?.abandonments).toMatchObject({ inRow: 2, inAll: 2 });
  });

  it("starts again without abandonments when it subscribes again while a delivery is being tried", async () => {
    const world = await setUp();
    for (const offset of [1, 2]) {
      await publish(world, offset);
      world.clock.advance(MINUTE_MS);
    }
    const again = { ...subscriptionOf("", TOPIC), consumer: deaf, subscribedAt: world.clock.now() };
    const { page } = world.subscriptions;
    // After the dispatcher has read the earlier subscription
    world.subscriptions.page = async (request) => {
      const found = await page(request);
      await world.subscriptions.put(again);
      return found;
    };
    await publish(world, 3);
    world.subscriptions.page = page;
    expect(ended(world)).toEqual([]);
    expect(await rowOf(world)).toEqual(again);
  });

  it("keeps its subscription through any number of 5xx, because an outage is not its fault", async () => {
    const world = await setUp();
    world.answer = { outcome: "failed", retryable: true, reason: "500", kind: "5xx" };
    for (let offset = 1; offset <= 5; offset++) {
      expect(await publish(world, offset)).toMatchObject({
        messages: 8,
        deadLetters: 1,
        subscriptionWrites: 0,
      });
      world.clock.advance(MINUTE_MS);
    }
    expect((await rowOf(world))?.abandonments).toBeUndefined();
  });

  it("keeps its attempts for other failures after an abandonment", async () => {
    const world = await setUp();
    await publish(world, 1);
    world.clock.advance(MINUTE_MS);
    world.answer = { outcome: "failed", retryable: true, reason: "500", kind: "5xx" };
    expect(await publish(world, 2)).toMatchObject({ messages: 8, deadLetters: 1, subscriptionWrites: 0 });
  });

  it("does not make the fan-out fail if its abandonment cannot be counted", async () => {
    const world = await setUp();
    world.subscriptions.replaceAbandonments = () => Promise.reject(new Error("no table"));
    expect(await publish(world, 1)).toMatchObject({ messages: 8, ledgerWrites: 17 });
    expect(world.observed).toContainEqual({
      event: "background-failure",
      stage: "count-abandonments",
      error: new Error("no table"),
    });
  });
});
