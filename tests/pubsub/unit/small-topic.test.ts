import { describe, expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { createClaimGuess } from "../../../packages/pubsub/src/core/fanout/claim-guess.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import { encodeFanoutMessage, type TopicMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutLedger } from "../../../packages/pubsub/src/core/ports.ts";
import type { Format } from "../../../packages/pubsub/src/core/types.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";
import { message, publication } from "./dispatch-support.ts";

/** Every call of the ledger, in order. */
async function setUp(formats: readonly Format[]): Promise<TestContext & { calls: string[] }> {
  const context = createTestContext({ partSize: 3 });
  const calls: string[] = [];
  const { ledger } = context;
  const named = <Name extends "claim" | "settle" | "settleRun" | "doneInRuns">(name: Name) =>
    ((request: never) => {
      calls.push(name);
      return ledger[name](request);
    }) as unknown as FanoutLedger[Name];
  for (const [index, format] of formats.entries()) await join(context, `c${index}`, format);
  const counted = {
    ...ledger,
    claim: named("claim"),
    settle: named("settle"),
    settleRun: named("settleRun"),
    doneInRuns: named("doneInRuns"),
  };
  return { ...context, ledger: counted, calls };
}

async function join({ connections, subscriptions }: TestContext, id: string, format: Format): Promise<void> {
  connections.open(consumerOf(id));
  await subscriptions.put(subscriptionOf(id, "t", { format }));
}

const received = ({ connections }: TestContext, id: string): number =>
  connections.received(consumerOf(id)).length;

const several = (...offsets: number[]): TopicMessage => ({
  ...message,
  offsets,
  events: offsets.map((offset) => storedEvent(offset)),
});

describe("a topic of one part whose subscribers take EVENTS messages", () => {
  it("is posted to without a claim, and its step is recorded after the posts", async () => {
    const context = await setUp(["event", "event"]);
    await dispatch(context, message);
    expect(context.calls).toEqual(["doneInRuns", "settleRun"]);
    expect([received(context, "c0"), received(context, "c1")]).toEqual([1, 1]);
    expect(await collect(context.ledger.rows(publication))).toMatchObject([
      { row: "done", unit: "000001", consumers: 2, delivered: 2, lastStep: true },
    ]);
  });

  it("takes one record for several events that are posted together", async () => {
    const context = await setUp(["event"]);
    await dispatch(context, several(1, 2, 3, 7));
    expect(context.calls).toEqual(["doneInRuns", "settleRun"]);
    for (const offset of [1, 2, 3, 7])
      expect(await collect(context.ledger.rows({ ...publication, offset }))).toHaveLength(1);
  });

  it("posts only the events that no run has recorded", async () => {
    const context = await setUp(["event"]);
    await dispatch(context, several(1, 2));
    context.observed.length = 0;
    await dispatch(context, several(2, 3));
    const frames = context.connections.received(consumerOf("c0")).map((text) => JSON.parse(text));
    expect(frames.map(({ events }) => events.map(({ offset }: { offset: number }) => offset))).toEqual([
      [1, 2],
      [3],
    ]);
    const skipped = { event: "unit-skipped", ...publication, offset: 2, unit: "000001", why: "done" };
    expect(context.observed).toContainEqual(skipped);
  });

  it("is posted to again if the worker died before it recorded the step", async () => {
    const context = await setUp(["event"]);
    const ledger = { ...context.ledger, settleRun: () => Promise.reject(new Error("killed")) };
    expect(await rejectionOf(dispatch({ ...context, ledger }, message))).toEqual(new Error("killed"));
    await dispatch(context, message);
    expect(received(context, "c0")).toBe(2);
  });

  it("is claimed if its message was received before or the publication was repeated", async () => {
    const body = encodeFanoutMessage(message);
    const again = encodeFanoutMessage({ ...message, again: true });
    for (const [receiveCount, text] of [
      [2, body],
      [1, again],
    ] as const) {
      const context = await setUp(["event"]);
      await handleBatch(context, [{ id: "m", body: text, receiveCount }]);
      expect(context.calls).toEqual(["doneInRuns", "claim", "settle"]);
    }
  });
});

describe("a topic that needs a claim", () => {
  it.each<[string, Format[]]>([
    ["a subscriber takes bare data", ["event", "data"]],
    ["it has a second part", ["event", "event", "event", "event"]],
  ])("claims its step because %s", async (_, formats) => {
    const context = await setUp(formats);
    await dispatch(context, message);
    expect(context.calls).toEqual(["doneInRuns", "claim", "settle"]);
  });

  it("posts data to a subscriber once if its message comes to two workers at once", async () => {
    const context = await setUp(["event", "data"]);
    await Promise.all([dispatch(context, message), dispatch(context, message)]);
    expect(received(context, "c1")).toBe(1);
  });

  it("is claimed while the index is read if the worker remembers it, until it needs no claim any more", async () => {
    const context = await setUp(["data"]);
    const worker = { ...context, claimGuess: createClaimGuess() };
    await dispatch(worker, message);
    context.calls.length = 0;
    await dispatch(worker, several(2));
    expect(context.calls).toEqual(["claim", "settle"]);
    await context.subscriptions.remove([{ consumer: consumerOf("c0"), topicId: "t" }]);
    await dispatch(worker, several(3));
    context.calls.length = 0;
    await dispatch(worker, several(4));
    expect(context.calls).toEqual(["doneInRuns", "settleRun"]);
  });

  it("posts nothing of an event that a run recorded when it had other subscribers", async () => {
    const context = await setUp(["event"]);
    await dispatch(context, message);
    await join(context, "late", "data");
    await dispatch(context, message);
    expect([received(context, "c0"), received(context, "late")]).toEqual([1, 0]);
  });
});
