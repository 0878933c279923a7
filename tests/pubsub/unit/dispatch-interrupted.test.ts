import { describe, expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { createClaimGuess } from "../../../packages/pubsub/src/core/fanout/claim-guess.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import { HOPS_MAX } from "../../../packages/pubsub/src/core/fanout/hops.ts";
import { foldLedger } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { FanoutQueue } from "../../../packages/pubsub/src/core/ports.ts";
import { drainQueue, nextInvocation } from "../../support/drain-queue.ts";
import { LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { rejectionOf, storedEvent } from "../../support/samples.ts";

import {
  failingQueue,
  join,
  leave,
  message,
  once,
  queued,
  rowsOf,
  setUp,
  timesReached,
} from "./dispatch-support.ts";

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

  // The successor used to make new parts with other names, and every consumer of a busy topic got the event twice
  it.each([
    ["before it wrote that the step is done", 10],
    ["in the middle of its parts", 4],
  ])("%s has no part posted twice though consumers came and went meanwhile", async (_, sentBefore) => {
    const context = await setUp(28);
    const queue = failingQueue(context, 1, "after", sentBefore);
    await rejectionOf(dispatch({ ...context, queue }, message));
    const leaving = context.ids.filter((_id, index) => index % 7 === 0);
    for (const id of leaving) await leave(context, id);
    for (const id of ["c0001x", "c0015x", "c0020x"]) await join(context, id);
    context.clock.advance(LEASE_MS);
    await dispatch(nextInvocation(context), message);
    await drainQueue(context);
    const stayed = context.ids.filter((id) => !leaving.includes(id));
    expect(timesReached(context, stayed)).toEqual(once(stayed));
    expect(foldLedger(await rowsOf(context)).state).toBe("complete");
  });

  it("has no part posted twice by a successor that merged its message with a later one", async () => {
    const context = await setUp(28);
    await rejectionOf(dispatch({ ...context, queue: failingQueue(context, 1, "after") }, message));
    await leave(context, context.ids[5] ?? "");
    context.clock.advance(LEASE_MS);
    const both = { ...message, offsets: [1, 2], events: [storedEvent(1), storedEvent(2)] };
    await dispatch(nextInvocation(context), both);
    await drainQueue(context);
    const stayed = context.ids.filter((_id, index) => index !== 5);
    expect(timesReached(context, stayed)).toEqual(stayed.map(() => 2));
  });

  it("repeats at most the step it was at if that step ends elsewhere for the next one", async () => {
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
    // So many that the step ends at a row now
    for (const id of ["c0000x", "c0001x", "c0002x"]) await join(context, id);
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
    // A topic of which the worker knows that it needs a claim: the claim is written before the read ends
    const claimGuess = createClaimGuess();
    claimGuess.learn("t", true);
    const frozenWorker = { ...context, subscriptions, claimGuess };
    expect(await rejectionOf(dispatch(frozenWorker, message))).toBeInstanceOf(Error);
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
