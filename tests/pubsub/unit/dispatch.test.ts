import { describe, expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import { HOPS_MAX } from "../../../packages/pubsub/src/core/fanout/hops.ts";
import type { FanoutMessage, TopicMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { foldLedger } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { FanoutQueue, LedgerRow } from "../../../packages/pubsub/src/core/ports.ts";
import { drainQueue, nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const publication = { topicId: "t", epoch, offset: 1 };
const message: TopicMessage = {
  kind: "topic",
  topicId: "t",
  epoch,
  step: 1,
  offsets: [1],
  events: [storedEvent(1)],
};

/** Parts of 3 consumers, so that a step has 30. */
async function setUp(subscribers: number): Promise<TestContext & { ids: string[] }> {
  const context = createTestContext({ partSize: 3 });
  const ids = Array.from({ length: subscribers }, (_, n) => `c${String(n).padStart(4, "0")}`);
  for (const id of ids) await join(context, id);
  context.clock.advance(1_000);
  return { ...nextInvocation(context), ids };
}

async function join(context: TestContext, id: string): Promise<void> {
  context.connections.open(consumerOf(id));
  await context.subscriptions.put(subscriptionOf(id, "t", { subscribedAt: context.clock.now() }));
}

const leave = (context: TestContext, id: string): Promise<void> =>
  context.subscriptions.remove([{ consumer: consumerOf(id), topicId: "t" }]);

const timesReached = ({ connections }: TestContext, ids: readonly string[]): number[] =>
  ids.map((id) => connections.received(consumerOf(id)).length);

const once = (ids: readonly string[]): number[] => ids.map(() => 1);

const rowsOf = (context: TestContext): Promise<LedgerRow[]> => collect(context.ledger.rows(publication));

/** Returns the messages that are in the queue, without taking them out of it. */
function queued(context: TestContext): FanoutMessage[] {
  const seen = context.queue.receive(1_000, 0);
  return seen.flatMap(({ body }) => {
    const decoded = decodeFanoutMessage(body);
    return decoded.ok ? [decoded.message] : [];
  });
}

/** The queue of a worker that dies at the send with this number, before or after the queue has stored the messages. */
function failingQueue({ queue }: TestContext, at: number, when: "before" | "after"): FanoutQueue {
  let sends = 0;
  return {
    ...queue,
    async send(messages) {
      sends += 1;
      if (sends > at || (sends === at && when === "before")) throw new Error("killed");
      await queue.send(messages);
      if (sends === at) throw new Error("killed");
    },
  };
}

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

describe("a dispatcher that died", () => {
  it.each([
    ["before it sent the second step", "before"],
    ["after it sent the second step", "after"],
  ] as const)("%s leaves the rest to the next one, and each subscriber is posted once", async (_, when) => {
    const context = await setUp(100);
    const queue = failingQueue(context, 2, when);
    expect(await rejectionOf(dispatch({ ...context, queue }, message))).toEqual(new Error("killed"));
    context.clock.advance(LEASE_MS);
    expect(await dispatch(nextInvocation(context), message)).toEqual({ leased: [] });
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 100 });
  });

  it("repeats at most the step it was at if consumers subscribe and unsubscribe before the next one", async () => {
    const context = await setUp(100);
    const queue = failingQueue(context, 2, "after");
    await rejectionOf(dispatch({ ...context, queue }, message));
    const leaving = [context.ids[2] ?? "", context.ids[33] ?? ""];
    for (const id of leaving) await leave(context, id);
    for (const id of ["c0001x", "c0035x", "c0040x"]) await join(context, id);
    context.clock.advance(LEASE_MS);
    await dispatch(nextInvocation(context), message);
    await drainQueue(context);
    const stayed = context.ids.filter((id) => !leaving.includes(id));
    const times = timesReached(context, stayed);
    expect(times.every((count) => count >= 1)).toBe(true);
    // The second step has the consumers 30 to 59. The new step may end up to three rows later or earlier
    const repeated = stayed.filter((_, index) => times[index] !== 1);
    expect(repeated.every((id) => id >= "c0030" && id < "c0063")).toBe(true);
  });

  it("keeps the status from being complete while its successor's parts wait, if they name other consumers", async () => {
    const context = await setUp(28);
    await rejectionOf(dispatch({ ...context, queue: failingQueue(context, 1, "after") }, message));
    await join(context, "c0000x");
    context.clock.advance(LEASE_MS);
    await dispatch(nextInvocation(context), message);
    const sent = context.queue.receive(100, 0);
    expect(sent).toHaveLength(20);
    // As many parts as one step has, but only the first half of both dispatchers' parts
    const posted = [...sent.slice(0, 5), ...sent.slice(10, 15)];
    for (const part of posted) await handleBatch(nextInvocation(context), [part]);
    expect(foldLedger(await rowsOf(context)).state).toBe("delivering");
    await drainQueue(context);
    expect(foldLedger(await rowsOf(context)).state).toBe("complete");
  });

  it("sends no parts if it was only frozen and wakes after its lease", async () => {
    const context = await setUp(100);
    const frozen: TestContext["subscriptions"]["page"] = async (request) => {
      const read = await context.subscriptions.page(request);
      if (request.cursor === undefined) {
        context.clock.advance(LEASE_MS);
        await leave(context, context.ids[0] ?? "");
        await dispatch(nextInvocation(context), message);
      }
      return read;
    };
    const subscriptions = { ...context.subscriptions, page: frozen };
    expect(await rejectionOf(dispatch({ ...context, subscriptions }, message))).toBeInstanceOf(Error);
    await drainQueue(context);
    expect(timesReached(context, context.ids.slice(1))).toEqual(once(context.ids.slice(1)));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 99 });
  });

  it("leaves steps that its successor does not read again", async () => {
    const context = await setUp(130);
    await rejectionOf(dispatch({ ...context, queue: failingQueue(context, 4, "before") }, message));
    context.clock.advance(LEASE_MS);
    const cursors: (string | undefined)[] = [];
    const page: TestContext["subscriptions"]["page"] = (request) => {
      cursors.push(request.cursor);
      return context.subscriptions.page(request);
    };
    await dispatch(
      { ...nextInvocation(context), subscriptions: { ...context.subscriptions, page } },
      message,
    );
    // The first step, which is read while it is claimed, and the steps four and five
    expect(cursors).toHaveLength(3);
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
  });

  it("is not followed by another one while its lease lasts", async () => {
    const context = await setUp(100);
    await rejectionOf(dispatch({ ...context, queue: failingQueue(context, 1, "after") }, message));
    expect(await dispatch(context, message)).toEqual({ leased: [1] });
  });
});

describe("dispatch, when a later step fails", () => {
  function throttledOnce(context: TestContext, at: number): FanoutQueue {
    let sends = 0;
    return {
      ...context.queue,
      async send(messages) {
        sends += 1;
        if (sends === at) throw new Error("throttled");
        await context.queue.send(messages);
      },
    };
  }

  it("sends the rest as one message after the lease, because an old worker would skip a message for the first step", async () => {
    const context = await setUp(100);
    const queue = throttledOnce(context, 2);
    expect(await dispatch({ ...context, queue }, message)).toEqual({ leased: [] });
    expect(queued(context).filter((sent) => sent.kind === "topic")).toEqual([]);
    context.clock.advance(LEASE_MS);
    const rest = { ...message, step: 2, cursor: expect.any(String), hops: 1 };
    expect(queued(context).filter((sent) => sent.kind === "topic")).toEqual([rest]);
    expect(context.observed).toContainEqual({
      event: "background-failure",
      stage: "dispatch-later-step",
      error: new Error("throttled"),
    });
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 100 });
  });

  it("rejects if the first step fails, so that SQS counts the receives", async () => {
    const context = await setUp(100);
    const dispatched = dispatch({ ...context, queue: throttledOnce(context, 1) }, message);
    expect(await rejectionOf(dispatched)).toEqual(new Error("throttled"));
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

describe("dispatch, when the time of the invocation runs out", () => {
  /** Every read of the index takes eight seconds of the twenty that the invocation has. */
  function slow(context: TestContext): TestContext {
    const page: TestContext["subscriptions"]["page"] = async (request) => {
      context.clock.advance(8_000);
      return context.subscriptions.page(request);
    };
    return { ...nextInvocation(context), subscriptions: { ...context.subscriptions, page } };
  }

  it("sends the rest as one message with one more hop, and the next worker goes on there", async () => {
    const context = await setUp(130);
    await dispatch(slow(context), { ...message, hops: 4 });
    const rest = queued(context).filter((sent) => sent.kind === "topic");
    expect(rest).toEqual([{ ...message, step: expect.any(Number), cursor: expect.any(String), hops: 5 }]);
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
    expect(foldLedger(await rowsOf(context))).toMatchObject({ state: "complete", delivered: 130 });
  });

  it("does the first step even if no time is left, so that it always gets further", async () => {
    const context = await setUp(130);
    await dispatch({ ...context, deadlineMs: context.clock.now() - 1 }, message);
    expect(queued(context).filter((sent) => sent.kind === "topic")).toMatchObject([{ step: 2 }]);
  });

  it("makes a dead letter with a reason of the rest at the limit of hops, and a redrive reaches everyone", async () => {
    const context = await setUp(130);
    await dispatch(slow(context), { ...message, hops: HOPS_MAX });
    // The parts that it sent are over the limit too
    const sent = queued(context).length;
    expect(await drainQueue(context)).toBe(sent);
    const letters = context.queue.deadLetters;
    expect(letters.map(({ reason }) => reason?.code)).toEqual(Array(sent).fill("TOO_MANY_HOPS"));
    expect(context.observed.filter(({ event }) => event === "message-malformed")).toHaveLength(sent);
    for (const { body } of [...letters]) {
      const decoded = decodeFanoutMessage(body);
      expect(decoded.ok && decoded.message.hops).toBe(undefined);
      await context.queue.send([{ body, delaySeconds: 0 }]);
    }
    await drainQueue(context);
    expect(timesReached(context, context.ids)).toEqual(once(context.ids));
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
