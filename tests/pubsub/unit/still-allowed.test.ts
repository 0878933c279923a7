import { describe, expect, it } from "vitest";
import { handleBatch, type ReceivedMessage } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { encodeFanoutMessage, type PartMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, storedEvent } from "../../support/samples.ts";

const ada = consumerOf("ada=");

interface Part extends Partial<PartMessage> {
  /** How far the publisher's clock is ahead of the worker's. */
  publisherAheadMs?: number;
  /** How long ago it was published. */
  publishedAgoMs?: number;
}

const bodyOf = (
  { clock }: TestContext,
  { publisherAheadMs = 0, publishedAgoMs = 0, ...changes }: Part = {},
): string =>
  encodeFanoutMessage({
    kind: "part",
    topicId: "t",
    epoch: "0m1c2d3e4",
    offsets: [1],
    events: [storedEvent(1, { publishedAt: clock.now() - publishedAgoMs + publisherAheadMs })],
    unit: "000001/04fzyo82mvy",
    attempt: 1,
    ageMs: 100,
    consumers: [{ consumer: ada, format: "data", subscribedAt: 0, from: 1 }],
    ...changes,
  });

/** Whether the part was posted to a consumer that was put out, and so did not ask. */
async function isPosted(
  part: Part = {},
  received: Partial<ReceivedMessage> = {},
  prepare: (context: TestContext) => void = () => {},
): Promise<boolean> {
  const context = createTestContext();
  context.connections.open(ada);
  const atMs = context.clock.now();
  await context.subscriptions.markRemoved({
    consumer: ada,
    topicId: "t",
    atMs,
    expiresAtSeconds: atMs / 1_000 + 7_200,
  });
  prepare(context);
  const body = bodyOf(context, part);
  await handleBatch(context, [{ id: "m", body, receiveCount: 1, waitedMs: 100, ...received }]);
  return context.connections.received(ada).length > 0;
}

describe("a part whose consumer was put out", () => {
  it("is posted without a question if its consumers were read less than a second ago", async () => {
    expect(await isPosted()).toBe(true);
    expect(await isPosted({ ageMs: 400 }, { waitedMs: 599 })).toBe(true);
  });

  it.each<[string, Part, Partial<ReceivedMessage>]>([
    ["its dispatch took a second", { ageMs: 1_000 }, { waitedMs: 0 }],
    ["it waited in the queue for a second", { ageMs: 0 }, { waitedMs: 1_000 }],
    ["both together took a second", { ageMs: 400 }, { waitedMs: 600 }],
    ["it was received before", {}, { receiveCount: 2 }],
    ["the queue does not say how long it waited", {}, { waitedMs: undefined }],
    ["it does not say when its consumers were read, as a part that was handed on", { ageMs: undefined }, {}],
    ["it is a later attempt", { attempt: 2 }, {}],
    ["its event is old, as in a dead letter that was moved back", { publishedAgoMs: 31_000 }, {}],
  ])("is not posted if %s", async (_, part, received) => {
    expect(await isPosted(part, received)).toBe(false);
  });

  // The age used to be that of the event by the publisher's clock: one that was ahead kept a part fresh for so long
  it.each([-30_000, 0, 30_000])(
    "is not posted after a wait of a second if the publisher's clock is %d ms ahead",
    async (publisherAheadMs) => {
      const waited = { waitedMs: 1_000 };
      expect(await isPosted({ publisherAheadMs, publishedAgoMs: 1_100 }, waited)).toBe(false);
      expect(await isPosted({ publisherAheadMs, publishedAgoMs: 200 })).toBe(true);
    },
  );

  it("is not posted if the worker itself takes a second before it posts", async () => {
    const posted = await isPosted({}, {}, (context) => {
      const { claim } = context.ledger;
      context.ledger.claim = (request) => {
        context.clock.advance(800);
        return claim(request);
      };
    });
    expect(posted).toBe(false);
  });

  it("counts as old as the oldest of the messages that are merged", async () => {
    const context = createTestContext();
    const asked: string[] = [];
    const { removedFrom } = context.subscriptions;
    context.subscriptions.removedFrom = (topicId) => {
      asked.push(topicId);
      return removedFrom(topicId);
    };
    const two = (waitedMs: number): ReceivedMessage[] =>
      [1, 2].map((offset) => ({
        id: `m${waitedMs}-${offset}`,
        receiveCount: 1,
        waitedMs: offset === 1 ? 0 : waitedMs,
        body: bodyOf(context, {
          offsets: [offset],
          unit: `000001/${waitedMs}`,
          events: [storedEvent(offset, { publishedAt: context.clock.now() })],
          consumers: [{ consumer: ada, format: "data", subscribedAt: 0, from: offset }],
        }),
      }));
    await handleBatch(context, two(500));
    expect(asked).toEqual([]);
    await handleBatch(context, two(1_500));
    expect(asked).toEqual(["t"]);
  });
});
