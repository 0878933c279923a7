import { describe, expect, it } from "vitest";
import { handleBatch, type ReceivedMessage } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { HOPS_MAX } from "../../../packages/pubsub/src/core/fanout/hops.ts";
import {
  encodeFanoutMessage,
  type PartMessage,
  type PendingConsumer,
} from "../../../packages/pubsub/src/core/fanout/message.ts";
import { stepPartUnit } from "../../../packages/pubsub/src/core/fanout/units.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const pageOf = (
  offsets: number[],
  changes: { topicId?: string; step?: number; cursor?: string; epoch?: string } = {},
): string =>
  encodeFanoutMessage({
    kind: "topic",
    topicId: "t",
    epoch,
    step: 1,
    offsets,
    events: offsets.map((n) => storedEvent(n)),
    ...changes,
  });
function decodedConsumers(body: string): readonly PendingConsumer[] {
  const decoded = decodeFanoutMessage(body);
  return decoded.ok && decoded.message.kind === "part" ? decoded.message.consumers : [];
}
/** Messages that are received for the second time, so that their work is claimed. */
const receivedAgain = (...bodies: string[]): ReceivedMessage[] =>
  received(...bodies).map((message) => ({ ...message, receiveCount: 2 }));
const received = (...bodies: string[]): ReceivedMessage[] =>
  bodies.map((body, index) => ({ id: `m${index}`, body, receiveCount: 1 }));
const a = consumerOf("a");

/** Creates a context that records the pages read and has one subscriber to each topic. */
async function setUp(
  options: Parameters<typeof createTestContext>[0] = {},
): Promise<TestContext & { pagesRead: string[] }> {
  const context = createTestContext(options);
  const pagesRead: string[] = [];
  const subscriptions: Subscriptions = {
    ...context.subscriptions,
    page(request) {
      pagesRead.push(`${request.topicId} ${request.cursor ?? ""}`.trim());
      return context.subscriptions.page(request);
    },
  };
  for (const topicId of ["t", "u"])
    await subscriptions.put(subscriptionOf("a", topicId, { format: "event" }));
  context.connections.open(a);
  return { ...context, subscriptions, pagesRead };
}

const offsetsReceived = ({ connections }: TestContext): number[][] =>
  connections.received(a).map((text) => {
    const { events } = JSON.parse(text) as { events: { offset: number }[] };
    return events.map(({ offset }) => offset);
  });

describe("messages for one page of one topic", () => {
  it("reads the page once and posts the events of three messages in one frame, in order", async () => {
    const context = await setUp();
    const outcomes = await handleBatch(context, received(pageOf([3]), pageOf([1, 2]), pageOf([4])));
    expect([...outcomes]).toEqual(["m0", "m1", "m2"].map((id) => [id, { outcome: "done" }]));
    expect(context.pagesRead).toEqual(["t"]);
    expect(offsetsReceived(context)).toEqual([[1, 2, 3, 4]]);
  });

  it("posts an event once if several messages contain it", async () => {
    const context = await setUp();
    const outcomes = await handleBatch(context, received(pageOf([1]), pageOf([1]), pageOf([1, 2])));
    expect([...outcomes.values()]).toEqual(Array(3).fill({ outcome: "done" }));
    expect(offsetsReceived(context)).toEqual([[1, 2]]);
  });

  it("merges the messages of one part, and posts the events of three publications in one frame", async () => {
    const context = await setUp();
    const other = consumerOf("b");
    context.connections.open(other);
    const partOf = (offsets: number[], changes: Partial<PartMessage> = {}): string => {
      const from = offsets[0] ?? 0;
      const consumers = [a, other].map((consumer) => {
        return { consumer, format: "event" as const, subscribedAt: 0, from };
      });
      const unit = stepPartUnit("000001", consumers);
      const events = offsets.map((offset) => storedEvent(offset));
      const part = {
        kind: "part" as const,
        topicId: "t",
        epoch,
        offsets,
        events,
        unit,
        attempt: 1,
        consumers,
      };
      return encodeFanoutMessage({ ...part, ...changes });
    };
    const outcomes = await handleBatch(context, received(partOf([2]), partOf([1]), partOf([3, 4])));
    expect([...outcomes.values()]).toEqual(Array(3).fill({ outcome: "done" }));
    expect(offsetsReceived(context)).toEqual([[1, 2, 3, 4]]);
    // A part of the same name with other consumers is the rest of a redriven letter
    const [one] = decodedConsumers(partOf([5]));
    await handleBatch(context, received(partOf([5], { consumers: one ? [one] : [] }), partOf([6])));
    expect(offsetsReceived(context)).toEqual([[1, 2, 3, 4], [5], [6]]);
  });

  it("does not merge messages of one part in which a consumer has another nonce, and posts each with its own", async () => {
    const context = await setUp();
    const messages = ["1-2-3-4", "5-6-7-8"].map((nonce, index) => {
      const consumers = [{ consumer: a, format: "event" as const, subscribedAt: 0, from: index + 1, nonce }];
      const unit = stepPartUnit("000001", consumers);
      const events = [storedEvent(index + 1)];
      const named = { topicId: "t", epoch, offsets: [index + 1], events, unit, attempt: 1, consumers };
      return encodeFanoutMessage({ kind: "part", ...named });
    });
    await handleBatch(context, received(...messages));
    const frames = context.connections.received(a).map((text) => JSON.parse(text) as { nonce: string });
    expect(frames.map(({ nonce }) => nonce)).toEqual(["1-2-3-4", "5-6-7-8"]);
    expect(offsetsReceived(context)).toEqual([[1], [2]]);
  });

  it("merges messages up to forty events a frame", async () => {
    const context = await setUp();
    const bodies = Array.from({ length: 5 }, (_, n) =>
      pageOf(Array.from({ length: 10 }, (_, i) => n * 10 + i + 1)),
    );
    await handleBatch(context, received(...bodies));
    expect(offsetsReceived(context).map((offsets) => offsets.length)).toEqual([40, 10]);
    expect(offsetsReceived(context).flat()).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it.each([
    ["another topic", { topicId: "u" }, ["t", "u"]],
    ["another cursor", { cursor: "0" }, ["t", "t 0"]],
    ["another epoch", { epoch: "0m1c2d3e5" }, ["t", "t"]],
  ])("does not merge messages with those of %s", async (_, changes, pages) => {
    const context = await setUp();
    await handleBatch(context, received(pageOf([1]), pageOf([2], changes)));
    expect(context.pagesRead.sort()).toEqual(pages);
  });

  it("posts events in the order of their epochs and offsets, regardless of the order of the messages", async () => {
    const context = await setUp();
    const second = { step: 2, cursor: "0" };
    const bodies = [
      pageOf([3], { epoch: "0m1c2d3e5" }),
      pageOf([12]),
      pageOf([4], { ...second, epoch: "0m1c2d3e3" }),
      pageOf([11], second),
      pageOf([2], { ...second, epoch: "0m1c2d3e5" }),
    ];
    await handleBatch(context, received(...bodies));
    expect(offsetsReceived(context)).toEqual([[4], [11], [12], [2], [3]]);
  });

  it("reads the events that a message does not carry from the log", async () => {
    const context = await setUp();
    const events = [1, 2].map((n) => {
      const { offset: _, ...event } = storedEvent(n);
      return { ...event, expiresAtSeconds: context.clock.now(), idempotent: false };
    });
    await context.log.append({ topicId: "t", epoch, offset: 1, events });
    const bare = encodeFanoutMessage({ kind: "topic", topicId: "t", epoch, step: 1, offsets: [2] });
    await handleBatch(context, received(pageOf([1]), bare));
    expect(offsetsReceived(context)).toEqual([[1, 2]]);
  });
});

describe("a message that fails", () => {
  it("retries the message whose page can't be read, and completes the others", async () => {
    const context = await setUp();
    const failing: Subscriptions = {
      ...context.subscriptions,
      async page(request) {
        if (request.topicId === "u") throw new Error("no index today");
        return context.subscriptions.page(request);
      },
    };
    const outcomes = await handleBatch(
      { ...context, subscriptions: failing },
      received(pageOf([1]), pageOf([1], { topicId: "u" })),
    );
    expect(outcomes.get("m0")).toEqual({ outcome: "done" });
    expect(outcomes.get("m1")).toEqual({ outcome: "retry", error: new Error("no index today") });
    expect(context.observed).toContainEqual(
      expect.objectContaining({ event: "background-failure", stage: "fan-out-topic" }),
    );
  });

  it("retries a message while another worker holds a claim, and completes it after that worker settles", async () => {
    const context = await setUp();
    const claim = {
      publication: { topicId: "t", epoch, offset: 1 },
      unit: "000001",
      nowMs: context.clock.now(),
    };
    await context.ledger.claim({ ...claim, leaseUntilMs: context.clock.now() + LEASE_MS });
    const also = { ...claim, publication: { ...claim.publication, offset: 3 } };
    await context.ledger.claim({ ...also, leaseUntilMs: context.clock.now() + LEASE_MS });
    const first = await handleBatch(context, receivedAgain(pageOf([1, 2, 3])));
    expect(first.get("m0")).toMatchObject({
      outcome: "retry",
      error: { message: "offsets 1, 3 are leased to another worker" },
    });
    expect(offsetsReceived(context)).toEqual([[2]]);
    const result = { consumers: 1, delivered: 1, gone: 0, retried: 0, handedOn: 0, lastStep: true };
    await context.ledger.settle({ publication: claim.publication, unit: "000001", result });
    const second = await handleBatch(context, receivedAgain(pageOf([1, 2])));
    expect(second.get("m0")).toEqual({ outcome: "done" });
    expect(offsetsReceived(context)).toEqual([[2]]);
  });
});

describe("a message over the limit of hops", () => {
  it.each(["page", "redelivery"])(
    "goes to the dead-letter queue with the reason and without its hops: %s",
    async (kind) => {
      const context = await setUp();
      const consumers = [{ domainName: "d", stage: "s", connections: [["c=", "data", 0, 1]] }];
      const work = kind === "page" ? { page: 1 } : { unit: "000001/a", attempt: 1, endpoints: consumers };
      const body = JSON.stringify({
        v: 1,
        kind,
        topicId: "t",
        epoch,
        offsets: [1],
        hops: HOPS_MAX + 1,
        ...work,
      });
      const outcomes = await handleBatch(context, received(body));
      expect(outcomes.get("m0")).toEqual({ outcome: "done" });
      const message = `the message is ${HOPS_MAX + 1} messages away from the publish; the limit is ${HOPS_MAX}`;
      const [letter] = context.queue.deadLetters;
      expect(letter?.reason).toEqual({ code: "TOO_MANY_HOPS", message, attempts: 1 });
      expect(JSON.parse(letter?.body ?? "")).not.toHaveProperty("hops");
      expect(context.pagesRead).toEqual([]);
    },
  );
});

describe("a malformed message", () => {
  it("moves a malformed message unchanged to the dead-letter queue, and delivers the others", async () => {
    const context = await setUp();
    const outcomes = await handleBatch(context, [
      { id: "bad", body: "{", receiveCount: 3 },
      ...received(pageOf([1])),
    ]);
    expect([...outcomes.values()]).toEqual([{ outcome: "done" }, { outcome: "done" }]);
    expect(context.queue.deadLetters).toEqual([
      { body: "{", reason: { code: "INVALID_MESSAGE", message: "not JSON (1 characters)", attempts: 3 } },
    ]);
    const reason = "not JSON (1 characters)";
    expect(context.observed).toContainEqual({ event: "message-malformed", messageId: "bad", reason });
    expect(offsetsReceived(context)).toEqual([[1]]);
  });

  it("retries a malformed message if the dead-letter queue can't be reached", async () => {
    const context = await setUp();
    const queue = {
      ...context.queue,
      deadLetter: async () => {
        throw new Error("no such queue");
      },
    };
    const outcomes = await handleBatch({ ...context, queue }, received("{"));
    const error = new Error("no such queue");
    expect(outcomes.get("m0")).toEqual({ outcome: "retry", error });
    const stage = "dead-letter-malformed-message";
    expect(context.observed).toContainEqual({ event: "background-failure", stage, error });
  });
});

it("returns no outcomes for an empty batch", async () => {
  expect(await handleBatch(await setUp(), [])).toEqual(new Map());
});
