import { describe, expect, it } from "vitest";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import { foldLedger } from "../../../packages/pubsub/src/core/fanout/status.ts";
import { drainQueue, nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

import {
  epoch,
  failingQueue,
  message,
  once,
  publication,
  queued,
  rowsOf,
  setUp,
  timesReached,
} from "./dispatch-support.ts";

describe("dispatch, for a topic of one part", () => {
  it("posts to each subscriber and sends no second message", async () => {
    const context = await setUp(3);
    expect(await dispatch(context, message)).toEqual({ leased: [] });
    expect(timesReached(context, context.ids)).toEqual([1, 1, 1]);
    expect(queued(context)).toEqual([]);
    expect(await rowsOf(context)).toMatchObject([
      { row: "done", unit: "000001", consumers: 3, delivered: 3, handedOn: 0, lastStep: true },
    ]);
  });

  it("posts nothing and records the last step if its event has expired", async () => {
    const context = await setUp(40);
    const { events: _, ...bare } = message;
    await dispatch(context, bare);
    expect(queued(context)).toEqual([]);
    expect(context.observed).toContainEqual({ event: "events-missing", topicId: "t", epoch, offsets: [1] });
    const rows = await rowsOf(context);
    expect(rows).toMatchObject([{ lastStep: true, consumers: 0 }]);
    expect(foldLedger(rows).state).toBe("complete");
  });

  it("posts nothing again and reports that the step is done if it was done before", async () => {
    const context = await setUp(1);
    await dispatch(context, message);
    context.observed.length = 0;
    expect(await dispatch(context, message)).toEqual({ leased: [] });
    expect(timesReached(context, context.ids)).toEqual([1]);
    expect(context.observed).toEqual([
      { event: "unit-skipped", ...publication, unit: "000001", why: "done" },
    ]);
  });
});

describe("dispatch, for a topic of many parts", () => {
  it("sends parts that name all consumers once, posts nothing, and records each step", async () => {
    const context = await setUp(70);
    await dispatch(context, message);
    expect(timesReached(context, context.ids)).toEqual(context.ids.map(() => 0));
    const parts = queued(context).filter((sent) => sent.kind === "part");
    const named = parts.flatMap(({ consumers }) => consumers.map(({ consumer }) => consumer.connectionId));
    expect(named.sort()).toEqual(context.ids);
    expect(parts.every(({ consumers, hops }) => consumers.length <= 3 && hops === 1)).toBe(true);
    expect(await rowsOf(context)).toMatchObject([
      { unit: "000001", handedOn: 10, lastStep: false, end: expect.any(String) },
      { unit: "000002", handedOn: 10, lastStep: false, end: expect.any(String) },
      { unit: "000003", handedOn: 4, lastStep: true },
    ]);
  });

  it("reaches each subscriber once, and the status counts every part as a page", async () => {
    const context = await setUp(70);
    await dispatch(context, message);
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "delivering", pages: 0 });
    expect(await drainQueue(context)).toBe(24);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 70, pages: 24 });
  });

  it("cuts the consumers into parts of about the same size", async () => {
    const context = await setUp(4);
    await dispatch(context, message);
    expect(queued(context).map((sent) => sent.kind === "part" && sent.consumers.length)).toEqual([2, 2]);
  });

  it("sends smaller parts if connection ids are so long that a message would exceed SQS's limit", async () => {
    const context = createTestContext({ partSize: 5_000 });
    const ids = Array.from({ length: 8_000 }, (_, n) => String(n).padStart(200, "c"));
    for (const id of ids) await context.subscriptions.put(subscriptionOf(id, "t"));
    const event = storedEvent(1, { json: JSON.stringify('"'.repeat(40_000)) });
    await dispatch(context, { ...message, events: [event] });
    const sizes = context.queue.receive(100, 0).map(({ body }) => body.length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(1_048_576);
  });

  it("posts the last step itself if it is one part", async () => {
    const context = await setUp(32);
    await dispatch(context, message);
    expect(timesReached(context, context.ids.slice(30))).toEqual([1, 1]);
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 32, pages: 11 });
  });

  it("puts the events into the parts, and leaves out those that are too large for two SQS requests", async () => {
    for (const [length, contains] of [
      [100_000, true],
      [131_000, false],
    ] as const) {
      const context = await setUp(4);
      const event = storedEvent(1, { json: JSON.stringify("x".repeat(length)) });
      await dispatch(context, { ...message, events: [event] });
      expect(queued(context).map(({ events }) => events !== undefined)).toEqual([contains, contains]);
    }
  });

  it("reports the malformed rows of each step", async () => {
    const context = await setUp(40);
    const page: TestContext["subscriptions"]["page"] = async (request) => {
      return { ...(await context.subscriptions.page(request)), malformed: 2 };
    };
    await dispatch({ ...context, subscriptions: { ...context.subscriptions, page } }, message);
    const reported = context.observed.filter(({ event }) => event === "rows-malformed");
    expect(reported).toEqual([1, 2].map(() => ({ event: "rows-malformed", topicId: "t", count: 2 })));
  });

  it("reads one page and sends nothing if its event has expired", async () => {
    const context = await setUp(70);
    let pages = 0;
    const page: TestContext["subscriptions"]["page"] = (request) => {
      pages += 1;
      return context.subscriptions.page(request);
    };
    const { events: _, ...expired } = message;
    await dispatch({ ...context, subscriptions: { ...context.subscriptions, page } }, expired);
    expect(pages).toBe(1);
    expect(queued(context)).toEqual([]);
  });

  it("makes a step of each index page, and of several if a page has less than one part", async () => {
    const context = await setUp(13);
    let pages = 0;
    const page: TestContext["subscriptions"]["page"] = ({ limit, ...request }) => {
      pages += 1;
      return context.subscriptions.page({ ...request, limit: Math.min(limit, pages === 1 ? 8 : 2) });
    };
    await dispatch({ ...context, subscriptions: { ...context.subscriptions, page } }, message);
    expect(await rowsOf(context)).toMatchObject([
      { unit: "000001", handedOn: 3 },
      { unit: "000002", handedOn: 2 },
      { unit: "000003", consumers: 1, handedOn: 0 },
    ]);
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
  });
});

describe("dispatch, for several events", () => {
  it("continues each event where its own dispatch stopped, and reads the index once for those at one step", async () => {
    const context = await setUp(70);
    await rejectionOf(dispatch({ ...context, queue: failingQueue(context, 3, "before") }, message));
    context.clock.advance(LEASE_MS);
    const offsets = [1, 2, 3];
    let pages = 0;
    const page: TestContext["subscriptions"]["page"] = (request) => {
      pages += 1;
      return context.subscriptions.page(request);
    };
    const subscriptions = { ...context.subscriptions, page };
    const events = offsets.map((offset) => storedEvent(offset));
    await dispatch({ ...nextInvocation(context), subscriptions }, { ...message, offsets, events });
    expect(pages).toBe(3);
    await drainQueue(context);
    // The data format gets one frame for each event
    expect(timesReached(context, context.ids)).toEqual(context.ids.map(() => 3));
  });
});

describe("dispatch in process, where a message ends with its process", () => {
  it("posts step by step itself and sends no parts", async () => {
    const context = await setUp(7);
    const queue = { ...context.queue, durable: false };
    await dispatch({ ...context, queue }, message);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(queued(context)).toEqual([]);
    expect((await rowsOf(context)).map((row) => row.row === "done" && row.consumers)).toEqual([3, 3, 1]);
  });
});
