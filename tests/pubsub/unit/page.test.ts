import { describe, expect, it } from "vitest";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { PageMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { fanOutPage } from "../../../packages/pubsub/src/core/fanout/page.ts";
import type { FanoutQueue, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const message: PageMessage = {
  kind: "page",
  topicId: "t",
  epoch,
  page: 1,
  offsets: [1],
  events: [storedEvent(1)],
};
const publication = { topicId: "t", epoch, offset: 1 };

async function setUp(ids: string[]): Promise<TestContext> {
  const context = createTestContext({ pageSize: 3 });
  for (const id of ids) await join(context, id);
  context.clock.advance(1_000);
  return later(context);
}

async function join(context: TestContext, id: string): Promise<void> {
  context.connections.open(consumerOf(id));
  await context.subscriptions.put(subscriptionOf(id, "t", { subscribedAt: context.clock.now() }));
}

/** The same worker, an invocation later. */
const later = (context: TestContext): TestContext => {
  const nowMs = context.clock.now();
  return { ...context, deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + LEASE_MS };
};

/** Handles the queued messages, then the messages that they queue, until the queue is empty. */
async function drain(context: TestContext): Promise<void> {
  for (;;) {
    context.clock.advance(LEASE_MS);
    const messages = context.queue.receive(10, 1_000);
    if (messages.length === 0) return;
    for (const { id, body } of messages) {
      const decoded = decodeFanoutMessage(body);
      if (decoded.ok && decoded.message.kind === "page") await fanOutPage(later(context), decoded.message);
      context.queue.delete(id);
    }
  }
}

const timesReached = ({ connections }: TestContext, ids: string[]): number[] =>
  ids.map((id) => connections.received(consumerOf(id)).length);

/** A worker that claims page 1, queues page 2, and dies before it posts anything. */
async function dieAtFirstPost(context: TestContext): Promise<void> {
  const connections = {
    ...context.connections,
    post: async () => {
      throw new Error("killed");
    },
  };
  expect(await rejectionOf(fanOutPage({ ...context, connections }, message))).toEqual(new Error("killed"));
}

describe("a page", () => {
  it("queues the next page until the last one, and each subscriber is posted once", async () => {
    const ids = ["a", "b", "c", "d", "e", "f", "g"];
    const context = await setUp(ids);
    expect(await fanOutPage(context, message)).toEqual({ leased: [] });
    expect(timesReached(context, ids)).toEqual([1, 1, 1, 0, 0, 0, 0]);
    await drain(context);
    expect(timesReached(context, ids)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    const rows = await collect(context.ledger.rows(publication));
    expect(rows.map((row) => row.row === "done" && row.lastPage)).toEqual([false, false, true]);
  });

  it("queues the next page before it posts, so that pages are delivered in parallel", async () => {
    const context = await setUp(["a", "b", "c", "d"]);
    const order: string[] = [];
    const queue: FanoutQueue = {
      ...context.queue,
      async send(messages) {
        if (messages.length > 0) order.push("queue");
        await context.queue.send(messages);
      },
    };
    const connections = {
      async post() {
        order.push("post");
        return { outcome: "delivered" as const };
      },
    };
    await fanOutPage({ ...context, queue, connections }, message);
    expect(order).toEqual(["queue", "post", "post", "post"]);
  });

  it("posts to no subscriber if the next page cannot be queued", async () => {
    const ids = ["a", "b", "c", "d"];
    const context = await setUp(ids);
    const queue = {
      ...context.queue,
      send: async () => {
        throw new Error("no queue");
      },
    };
    await rejectionOf(fanOutPage({ ...context, queue }, message));
    expect(timesReached(context, ids)).toEqual([0, 0, 0, 0]);
    context.clock.advance(LEASE_MS);
    await fanOutPage(later(context), message);
    await drain(context);
    expect(timesReached(context, ids)).toEqual([1, 1, 1, 1]);
  });

  it("posts nothing and becomes the last page if its event has expired", async () => {
    const context = await setUp(["a", "b", "c", "d"]);
    const { events: _, ...bare } = message;
    await fanOutPage(context, bare);
    expect(timesReached(context, ["a", "b", "c", "d"])).toEqual([0, 0, 0, 0]);
    expect(context.queue.nextVisibleAtMs()).toBeUndefined();
    expect(context.observed).toContainEqual({ event: "events-missing", topicId: "t", epoch, offsets: [1] });
    expect(await collect(context.ledger.rows(publication))).toMatchObject([{ lastPage: true, consumers: 0 }]);
  });

  it("posts nothing again and reports only that the unit is done if the page was done before", async () => {
    const context = await setUp(["a"]);
    await fanOutPage(context, message);
    context.observed.length = 0;
    expect(await fanOutPage(context, message)).toEqual({ leased: [] });
    expect(timesReached(context, ["a"])).toEqual([1]);
    expect(context.observed).toEqual([
      { event: "unit-skipped", ...publication, unit: "000001", why: "done" },
    ]);
  });
});

describe("a page that is claimed after its first worker died", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"];

  it("covers the same rows as the first claim, so that each subscriber is posted once", async () => {
    const context = await setUp(ids);
    await dieAtFirstPost(context);
    context.clock.advance(LEASE_MS);
    await fanOutPage(later(context), message);
    await drain(context);
    expect(timesReached(context, ids)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  // The second claim must not read the same number of rows. With the new rows, the page would then end before its
  // first end. The next page began after that end, so the rows in between would be on no page.
  it("loses no subscriber when others have subscribed within the page", async () => {
    const context = await setUp(ids);
    await dieAtFirstPost(context);
    context.clock.advance(LEASE_MS);
    for (const id of ["a1", "a2", "b1", "b2", "b3"]) await join(context, id);
    await fanOutPage(later(context), message);
    await drain(context);
    expect(timesReached(context, ids)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it.each([
    ["its last row", ["c"]],
    ["all of its rows", ["a", "b", "c"]],
    ["its last row and rows after it", ["c", "d"]],
  ])(
    "loses no remaining subscriber when the consumers of %s unsubscribe and others subscribe",
    async (_, leaving) => {
      const context = await setUp(ids);
      await dieAtFirstPost(context);
      context.clock.advance(LEASE_MS);
      await context.subscriptions.remove(leaving.map((id) => ({ consumer: consumerOf(id), topicId: "t" })));
      for (const id of ["a1", "a2", "b1"]) await join(context, id);
      await fanOutPage(later(context), message);
      await drain(context);
      const stayed = ids.filter((id) => !leaving.includes(id));
      expect(timesReached(context, stayed)).toEqual(stayed.map(() => 1));
    },
  );

  it("remains the last page, and posts to later subscribers too", async () => {
    const context = await setUp(["a", "b"]);
    await dieAtFirstPost(context);
    context.clock.advance(LEASE_MS);
    await join(context, "c");
    await join(context, "d");
    await fanOutPage(later(context), message);
    await drain(context);
    // The new subscribers are posted too: the index may show a subscription late
    expect(timesReached(context, ["a", "b", "c", "d"])).toEqual([1, 1, 1, 1]);
    const rows = await collect(context.ledger.rows(publication));
    expect(rows).toMatchObject([{ row: "done", unit: "000001", lastPage: true }]);
  });
});

it("reports the malformed rows of each page that it reads", async () => {
  const context = await setUp(["a", "b", "c", "d", "e", "f", "g"]);
  const told = (): unknown[] => context.observed.filter(({ event }) => event === "rows-malformed");
  await dieAtFirstPost(context);
  expect(told()).toEqual([]);
  context.clock.advance(LEASE_MS);
  await context.subscriptions.remove([{ consumer: consumerOf("c"), topicId: "t" }]);
  for (const id of ["a1", "a2"]) await join(context, id);
  let malformed = 0;
  // The next page reads again the rows that are read only to find the page's end
  const page: Subscriptions["page"] = async (request) => {
    if (request.limit === context.settings.pageSize) malformed += 1;
    return { ...(await context.subscriptions.page(request)), malformed };
  };
  await fanOutPage({ ...later(context), subscriptions: { ...context.subscriptions, page } }, message);
  expect(told()).toEqual([1, 2].map((count) => ({ event: "rows-malformed", topicId: "t", count })));
});
