/** What a unit of work reports, and the order in which it writes. */
import { expect, it } from "vitest";
import type { PendingConsumer } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { workUnit } from "../../../packages/pubsub/src/core/fanout/work-unit.ts";
import type { PostResult, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const EPOCH = "0m1c2d3e4";
const failed: PostResult = { outcome: "failed", retryable: true, reason: "500" };
const answers: Record<string, PostResult> = {
  broken: failed,
  refused: { outcome: "failed", retryable: false, reason: "413" },
};

const pending = (id: string, changes: Partial<PendingConsumer> = {}): PendingConsumer => {
  return { consumer: consumerOf(id), format: "data", subscribedAt: 0, from: 1, ...changes };
};

/** Subscribes these consumers to the topic of two events. Connects all except those whose id starts with `gone`. */
async function setUp(ids: string[]): Promise<TestContext> {
  const context = createTestContext({
    answer: async ({ connectionId }) => {
      context.clock.advance(10);
      return answers[connectionId];
    },
  });
  for (const id of ids) {
    await context.subscriptions.put(subscriptionOf(id, "t"));
    if (!id.startsWith("gone")) context.connections.open(consumerOf(id));
  }
  return context;
}

const work = (
  context: TestContext,
  consumers: PendingConsumer[],
  { offsets = [1, 2], attempt = 1 }: { offsets?: number[]; attempt?: number } = {},
): Promise<void> => {
  const publishedAt = context.clock.now() - 1_000;
  const events = [1, 2].map((offset) => storedEvent(offset, { publishedAt }));
  const run = { topicId: "t", epoch: EPOCH, events, attempt };
  return workUnit(context, run, offsets, { unit: "000007", consumers });
};

const rowsOf = (context: TestContext, offset: number): Promise<unknown[]> =>
  collect(context.ledger.rows({ topicId: "t", epoch: EPOCH, offset }));

it("writes for each event how many consumers were delivered, gone, handed on or abandoned", async () => {
  const ids = ["a", "b", "gone", "broken", "refused"];
  const context = await setUp(ids);
  await work(context, [...ids.map((id) => pending(id)), pending("late", { from: 2 })]);
  const common = { unit: "000007", lastStep: true, handedOn: 1 };
  expect(await rowsOf(context, 1)).toEqual([
    { row: "done", ...common, consumers: 5, delivered: 2, gone: 1, retried: 2 },
    { row: "abandoned", unit: expect.any(String), count: 1 },
  ]);
  expect(await rowsOf(context, 2)).toMatchObject([
    { row: "done", ...common, consumers: 6, delivered: 2, gone: 2, retried: 0 },
    { row: "abandoned", count: 1 },
  ]);
  const told = context.observed.filter(({ event }) => event === "unit-completed");
  expect(told).toMatchObject([
    { offset: 1, consumers: 5, handedOn: 1 },
    { offset: 2, consumers: 6, handedOn: 1 },
  ]);
});

it("writes zero consumers for an event that has expired", async () => {
  const context = await setUp(["a"]);
  await work(context, [pending("a")], { offsets: [1, 2, 3] });
  expect(await rowsOf(context, 3)).toEqual([
    {
      row: "done",
      unit: "000007",
      consumers: 0,
      delivered: 0,
      gone: 0,
      retried: 0,
      handedOn: 0,
      lastStep: true,
    },
  ]);
});

it("counts every delivery of a later attempt as retried", async () => {
  const context = await setUp(["a", "b"]);
  await work(context, [pending("a"), pending("b")], { attempt: 2 });
  expect(await rowsOf(context, 1)).toMatchObject([{ delivered: 2, retried: 2 }]);
});

it("reports its posts, and the result and the age of each event", async () => {
  const context = await setUp(["a", "gone"]);
  await work(context, [pending("a"), pending("gone")]);
  const durationMs = 30;
  const unit = { unit: "000007", attempt: 1 };
  expect(context.observed).toEqual([
    {
      event: "subscription-removed",
      topicId: "t",
      epoch: EPOCH,
      offset: 1,
      publicationId: "publication-1",
      consumer: consumerOf("gone"),
    },
    {
      event: "posts-made",
      topicId: "t",
      ...unit,
      durationMs,
      posts: 3,
      quickRetries: [],
      delivered: 2,
      events: 2,
      gone: 1,
      throttledAccount: 0,
      throttledConsumer: 0,
      failed: 0,
      latenciesMs: expect.any(Array),
    },
    ...[1, 2].map((offset) => ({
      event: "unit-completed",
      topicId: "t",
      epoch: EPOCH,
      offset,
      publicationId: `publication-${offset}`,
      ...unit,
      consumers: 2,
      delivered: 1,
      gone: 1,
      retried: 0,
      handedOn: 0,
      durationMs,
      publishedAgoMs: 1_000 + durationMs,
    })),
  ]);
});

it("removes the subscriptions of gone consumers only", async () => {
  const context = await setUp(["a", "gone", "broken"]);
  await work(
    context,
    ["a", "gone", "broken"].map((id) => pending(id)),
  );
  const { subscriptions } = await context.subscriptions.page({ topicId: "t", limit: 10 });
  expect(subscriptions.map(({ consumer }) => consumer.connectionId)).toEqual(["a", "broken"]);
});

it("does not call remove if no consumer is gone", async () => {
  const context = await setUp(["a"]);
  const remove: Subscriptions["remove"] = () => expect.fail("removed");
  await work({ ...context, subscriptions: { ...context.subscriptions, remove } }, [pending("a")]);
  expect(context.observed.map(({ event }) => event)).not.toContain("background-failure");
});

it("hands on a consumer with a 410 in the first 30 seconds, because its connection may still be opening", async () => {
  for (const [ageMs, result] of [
    [29_999, { gone: 0, handedOn: 1 }],
    [30_000, { gone: 1, handedOn: 0 }],
  ] as const) {
    const context = await setUp(["gone"]);
    await work(context, [pending("gone", { subscribedAt: context.clock.now() - ageMs })]);
    expect(await rowsOf(context, 1)).toMatchObject([result]);
  }
});

it("removes gone subscriptions after it writes the ledger, so that a repeated unit still finds them", async () => {
  const context = await setUp(["gone"]);
  const order: string[] = [];
  const ledger = {
    ...context.ledger,
    settle: async () => {
      await Promise.resolve();
      order.push("settle");
    },
  };
  const subscriptions = {
    ...context.subscriptions,
    remove: async () => {
      order.push("remove");
    },
  };
  await work({ ...context, ledger, subscriptions }, [pending("gone")]);
  expect(order).toEqual(["settle", "settle", "remove"]);
});

it("writes its result and reports the failure if gone subscriptions cannot be removed", async () => {
  const context = await setUp(["gone"]);
  const error = new Error("no table now");
  const subscriptions = { ...context.subscriptions, remove: () => Promise.reject(error) };
  await work({ ...context, subscriptions }, [pending("gone")]);
  expect(await rowsOf(context, 1)).toMatchObject([{ row: "done", gone: 1 }]);
  expect(context.observed[0]).toEqual({
    event: "background-failure",
    stage: "remove-gone-subscriptions",
    error,
  });
});
