import { expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import {
  createInProcessQueue,
  type InProcessQueue,
} from "../../../packages/pubsub/src/core/fanout/in-process-queue.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutContext } from "../../../packages/pubsub/src/core/fanout/worker.ts";
import type { PostResult, QueuedMessage } from "../../../packages/pubsub/src/core/ports.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const body = encodeFanoutMessage({
  kind: "page",
  topicId: "t",
  epoch,
  page: 1,
  offsets: [1],
  events: [storedEvent(1)],
});
const message: QueuedMessage = { body, delaySeconds: 0 };
const broken: PostResult = { outcome: "failed", retryable: true, reason: "500" };

async function setUp(
  answer: (post: number, id: string) => PostResult | undefined,
  overrides: (context: TestContext) => Partial<FanoutContext> = () => ({}),
): Promise<{ queue: InProcessQueue; context: TestContext; posts: Map<string, number> }> {
  const posts = new Map<string, number>();
  const context = createTestContext({
    pageSize: 2,
    answer: async ({ connectionId }) => {
      posts.set(connectionId, (posts.get(connectionId) ?? 0) + 1);
      return answer(posts.get(connectionId) ?? 0, connectionId);
    },
  });
  for (const id of ["a", "b", "c", "d", "e"]) {
    context.connections.open(consumerOf(id));
    await context.subscriptions.put(subscriptionOf(id, "t"));
  }
  return { queue: createInProcessQueue({ ...context, ...overrides(context) }), context, posts };
}

const received = ({ connections }: TestContext): number[] =>
  ["a", "b", "c", "d", "e"].map((id) => connections.received(consumerOf(id)).length);

it("reports that it is not durable", async () => {
  expect((await setUp(() => undefined)).queue.durable).toBe(false);
});

it("resolves when every page is posted, without a pause", async () => {
  const { queue, context } = await setUp(() => undefined);
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 1, 1, 1]);
  expect(context.clock.slept).toEqual([]);
});

it("holds its claim for 30 seconds while it posts, so that another worker cannot claim the page", async () => {
  const outcomes: unknown[] = [];
  const { queue, context } = await setUp(
    () => undefined,
    ({ ledger, connections, clock }) => ({
      connections: {
        async post(consumer, frame) {
          const publication = { topicId: "t", epoch, offset: 1 };
          const nowMs = clock.now() + 29_999;
          outcomes.push(await ledger.claim({ publication, unit: "000001", nowMs, leaseUntilMs: nowMs + 1 }));
          return connections.post(consumer, frame);
        },
      },
    }),
  );
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 1, 1, 1]);
  expect(outcomes.slice(0, 2)).toMatchObject([{ outcome: "leased" }, { outcome: "leased" }]);
});

// All pages used to be read during the posts of the first page, so memory grew with the subscribers of the topic
it("reads only the next page while it posts a page", async () => {
  const pagesBefore = new Map<string, number>();
  let pages = 0;
  const { queue, context } = await setUp(
    () => undefined,
    ({ subscriptions, connections }) => ({
      subscriptions: {
        ...subscriptions,
        async page(request) {
          pages += 1;
          return subscriptions.page(request);
        },
      },
      connections: {
        async post(consumer, frame) {
          for (let turn = 0; turn < 100; turn++) await Promise.resolve();
          pagesBefore.set(consumer.connectionId, pages);
          return connections.post(consumer, frame);
        },
      },
    }),
  );
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 1, 1, 1]);
  expect(Object.fromEntries(pagesBefore)).toMatchObject({ a: 2, b: 2, e: 3 });
});

it("resolves only after the redeliveries of a consumer whose posts failed", async () => {
  const { queue, context, posts } = await setUp((post, id) => (id === "c" && post < 5 ? broken : undefined));
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 1, 1, 1]);
  expect(posts.get("c")).toBe(5);
  // It sleeps between the posts, and half of the second that a redelivery waits at most
  expect(context.clock.slept).toEqual([25, 50, 500, 25]);
});

it("abandons a consumer after three attempts, and records that in the ledger", async () => {
  const { queue, context, posts } = await setUp((_, id) => (id === "c" ? broken : undefined));
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 0, 1, 1]);
  expect(posts.get("c")).toBe(9);
  const rows = await collect(context.ledger.rows({ topicId: "t", epoch, offset: 1 }));
  expect(rows.filter(({ row }) => row === "abandoned")).toMatchObject([{ count: 1 }]);
  const complaints = context.observed.filter(({ event }) => /abandoned|failure/.test(event));
  expect(complaints).toMatchObject([
    { event: "delivery-abandoned", topicId: "t", offset: 1, attempt: 3, consumers: 1, reason: "500" },
  ]);
});

it("retries a page whose subscriptions cannot be read, until the read succeeds", async () => {
  let failures = 3;
  const { queue, context } = await setUp(
    () => undefined,
    ({ subscriptions }) => ({
      subscriptions: {
        ...subscriptions,
        async page(request) {
          if (failures-- > 0) throw new Error("no index now");
          return subscriptions.page(request);
        },
      },
    }),
  );
  await queue.send([message]);
  expect(received(context)).toEqual([1, 1, 1, 1, 1]);
});

it("waits for its own lease to expire, and completes a unit that a failed attempt had claimed", async () => {
  let failures = 1;
  const { queue, context } = await setUp(
    () => undefined,
    ({ ledger }) => ({
      ledger: {
        ...ledger,
        async settle(request) {
          if (failures-- > 0) throw new Error("no ledger now");
          await ledger.settle(request);
        },
      },
    }),
  );
  await queue.send([message]);
  expect(Math.min(...received(context))).toBe(1);
  const rows = await collect(context.ledger.rows({ topicId: "t", epoch, offset: 1 }));
  expect(rows.every(({ row }) => row === "done")).toBe(true);
});

it("rejects with a retryable error if a page cannot be read, and still posts the pages before it", async () => {
  const { queue, context } = await setUp(
    () => undefined,
    ({ subscriptions }) => ({
      subscriptions: {
        ...subscriptions,
        async page(request) {
          if (request.cursor?.endsWith("/b")) throw new Error("no index ever");
          return subscriptions.page(request);
        },
      },
    }),
  );
  expect(await rejectionOf(queue.send([message]))).toMatchObject({
    code: "FANOUT_NOT_QUEUED",
    retryable: true,
    message: "the event is in the log, but its fan-out in process did not finish",
    cause: new Error("no index ever"),
  });
  expect(received(context)).toEqual([1, 1, 0, 0, 0]);
});

it("rejects at once, without a retry, if a page cannot be read for a reason that is final", async () => {
  const cause = new PubsubError("STORAGE_FAILED", "Query: AccessDeniedException: no", { retryable: false });
  const { queue, context } = await setUp(
    () => undefined,
    ({ subscriptions }) => ({
      subscriptions: { ...subscriptions, page: () => Promise.reject(cause) },
    }),
  );
  expect(await rejectionOf(queue.send([message]))).toMatchObject({
    code: "FANOUT_NOT_QUEUED",
    retryable: false,
    cause,
  });
  expect(context.clock.slept).toEqual([]);
});
