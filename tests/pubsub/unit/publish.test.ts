import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutQueue, QueuedMessage, UnitResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher, type Publish } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { DAY_SECONDS, rejectionOf } from "../../support/samples.ts";

const TOPIC = "topic";

interface SetUp extends TestContext {
  publish: Publish;
  /** The messages sent to the queue: one list for each call. */
  sent: FanoutMessage[][];
  /** The delays of all these messages. */
  delays: number[];
  /** The `publish` of another process that has the same log, ledger and queue. */
  elsewhere: Publish;
}

const messageOf = ({ body }: QueuedMessage): FanoutMessage => {
  const decoded = decodeFanoutMessage(body);
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.message;
};

function setUp({ durable = true, send }: { durable?: boolean; send?: FanoutQueue["send"] } = {}): SetUp {
  const context = createTestContext();
  const sent: FanoutMessage[][] = [];
  const delays: number[] = [];
  const queue: FanoutQueue = {
    ...context.queue,
    durable,
    async send(messages) {
      delays.push(...messages.map(({ delaySeconds }) => delaySeconds));
      sent.push(messages.map(messageOf));
      await send?.(messages);
    },
  };
  const ports = { ...context, queue };
  return {
    ...context,
    sent,
    delays,
    publish: createPublisher(ports, { retentionSeconds: DAY_SECONDS }).publish,
    elsewhere: createPublisher(ports, { retentionSeconds: DAY_SECONDS }).publish,
  };
}

const done = (changes: Partial<UnitResult> = {}): UnitResult => {
  return { consumers: 1, delivered: 1, gone: 0, retried: 0, handedOn: 0, lastStep: false, ...changes };
};

describe("a publication", () => {
  it("is in the log and its fan-out is queued with its data when publish resolves", async () => {
    const { publish, sent, log, clock, observed } = setUp();
    const publishedAt = clock.now();
    const result = await publish({ topicId: TOPIC, data: { n: 1 } });
    expect(result).toEqual({
      topicId: TOPIC,
      publicationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      epoch: expect.stringMatching(/^[0-9a-z]{9}$/),
      offset: 1,
      duplicate: false,
    });
    const { epoch, publicationId } = result;
    expect(log.dump(TOPIC)).toMatchObject([{ epoch, offset: 1, json: '{"n":1}', verbatim: false }]);
    const event = { offset: 1, publicationId, publishedAt, json: '{"n":1}', verbatim: false };
    expect(sent).toEqual([
      [{ kind: "topic", step: 1, topicId: TOPIC, epoch, offsets: [1], events: [event] }],
    ]);
    expect(observed).toEqual([{ event: "publication-accepted", ...result, durationMs: 0 }]);
  });

  it("reports how long it took", async () => {
    const late = setUp({ send: async () => void late.clock.advance(30) });
    await late.publish({ topicId: TOPIC, data: 1 });
    expect(late.observed).toMatchObject([{ event: "publication-accepted", durationMs: 30 }]);
  });

  it("writes an idempotency record only if the publisher chose the publication id", async () => {
    const { publish, log } = setUp();
    const writes: boolean[] = [];
    const { append } = log;
    log.append = (request) => {
      writes.push(...request.events.map(({ idempotent }) => idempotent));
      return append(request);
    };
    await publish({ topicId: TOPIC, data: 1 });
    await publish({ topicId: TOPIC, data: 2, publicationId: "p" });
    expect(writes).toEqual([false, true]);
  });

  it("shares an append and a message with concurrent publications", async () => {
    const { publish, sent } = setUp();
    const results = await Promise.all([1, 2, 3].map((data) => publish({ topicId: TOPIC, data })));
    expect(results.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(sent.map((messages) => messages.map(({ offsets }) => offsets))).toEqual([[[1]], [[2, 3]]]);
  });

  it.each([
    ["an empty topic id", { topicId: "", data: 1 }, "INVALID_TOPIC_ID"],
    ["an empty publication id", { topicId: TOPIC, data: 1, publicationId: "" }, "INVALID_PUBLICATION_ID"],
    ["undefined data", { topicId: TOPIC, data: undefined }, "INVALID_DATA"],
    ["data of 128 KB", { topicId: TOPIC, data: "x".repeat(131_072) }, "PAYLOAD_TOO_LARGE"],
  ])("is rejected for %s and writes nothing", async (_, request, code) => {
    const { publish, sent, log } = setUp();
    expect(await rejectionOf(publish(request))).toMatchObject({ code, retryable: false });
    expect([...log.dump(TOPIC), ...sent]).toEqual([]);
  });

  it("rejects with FANOUT_NOT_QUEUED and how to retry if its event is stored but its fan-out cannot be queued", async () => {
    const cause = new Error("no queue");
    const { publish, log } = setUp({ send: () => Promise.reject(cause) });
    expect(await rejectionOf(publish({ topicId: TOPIC, data: 1, publicationId: "p" }))).toMatchObject({
      code: "FANOUT_NOT_QUEUED",
      retryable: true,
      cause,
      message: expect.stringMatching(/in the log.*publish again with the same publicationId/),
      context: { topicId: TOPIC },
    });
    expect(log.dump(TOPIC)).toHaveLength(1);
  });

  it.each([
    [true, "could not be queued; publish again with the same publicationId"],
    [false, "could not be queued; when its cause is removed, publish again with the same publicationId"],
  ])("rejects with retryable %j if that is what the queue's error says", async (retryable, message) => {
    const cause = new PubsubError("QUEUE_FAILED", "refused", { retryable });
    const { publish } = setUp({ send: () => Promise.reject(cause) });
    expect(await rejectionOf(publish({ topicId: TOPIC, data: 1, publicationId: "p" }))).toMatchObject({
      code: "FANOUT_NOT_QUEUED",
      retryable,
      message: expect.stringContaining(message),
    });
  });
});

describe("a repeated publication", () => {
  const request = { topicId: TOPIC, data: "x", publicationId: "p" };

  it("returns the same event and sends no second message from the process that queued it", async () => {
    const { publish, sent, observed } = setUp();
    const first = await publish(request);
    expect(await publish(request)).toEqual({ ...first, duplicate: true });
    expect(sent).toHaveLength(1);
    expect(observed).toMatchObject([{ duplicate: false }, { duplicate: true }]);
  });

  it("sends no second message after a thousand publications without an id", async () => {
    const { publish, sent } = setUp();
    await publish(request);
    for (let n = 0; n < 1_000; n++) await publish({ topicId: TOPIC, data: n });
    sent.length = 0;
    expect(await publish(request)).toMatchObject({ duplicate: true });
    expect(sent).toEqual([]);
  });

  it("is queued again if its fan-out could not be queued before", async () => {
    let fails = true;
    const { publish, sent, delays } = setUp({
      async send() {
        if (fails) throw new Error("no queue");
      },
    });
    await rejectionOf(publish(request));
    fails = false;
    const { epoch } = await publish(request);
    const named = { kind: "topic", step: 1, topicId: TOPIC, epoch, offsets: [1] };
    expect(sent[1]).toEqual([{ ...named, again: true }]);
    expect(delays).toEqual([0, 0]);
  });

  it("is queued again by another process if nothing is recorded of its fan-out, for when the first one can be done", async () => {
    const { publish, elsewhere, sent, delays } = setUp();
    await publish(request);
    await elsewhere(request);
    expect(sent).toHaveLength(2);
    expect(delays).toEqual([0, 5]);
  });

  it("is not queued again after a run recorded its fan-out", async () => {
    const { publish, elsewhere, sent, ledger } = setUp();
    const { epoch, offset } = await publish(request);
    const counts = { consumers: 1, delivered: 1, gone: 0, retried: 0, handedOn: 0 };
    await ledger.settleRun({ topicId: TOPIC, epoch, results: [{ offset, ...counts }] });
    await elsewhere(request);
    expect(sent).toHaveLength(1);
  });

  it("is not queued again after its fan-out began, because the queue holds the rest", async () => {
    const { publish, elsewhere, sent, ledger, clock } = setUp();
    const publication = await publish(request);
    const nowMs = clock.now();
    await ledger.claim({ publication, unit: "000001", nowMs, leaseUntilMs: nowMs + LEASE_MS });
    await elsewhere(request);
    expect(sent).toHaveLength(1);
  });

  it("is queued with concurrent publications, of which the new ones share one message", async () => {
    const { publish, elsewhere, sent } = setUp();
    for (const publicationId of ["a", "b"]) await publish({ ...request, publicationId });
    sent.length = 0;
    const ids = ["blocker", "a", "new", "b", "newer"];
    await Promise.all(ids.map((publicationId) => elsewhere({ ...request, publicationId })));
    const offsets = sent.map((messages) => messages.map((message) => [...message.offsets]));
    expect(offsets).toEqual([[[3]], [[4, 5]], [[1], [2]]]);
  });
});

describe("a repeated publication whose queue was lost with its process", () => {
  const request = { topicId: TOPIC, data: "x", publicationId: "p" };

  async function afterSteps(results: { end?: string; result: UnitResult }[]): Promise<FanoutMessage[]> {
    const { publish, elsewhere, sent, ledger, clock } = setUp({ durable: false });
    const publication = await publish(request);
    for (const [index, { end, result }] of results.entries()) {
      const unit = `00000${index + 1}`;
      const nowMs = clock.now();
      await ledger.claim({ publication, unit, nowMs, leaseUntilMs: nowMs + LEASE_MS });
      await ledger.settle({ publication, unit, result: { ...result, ...(end !== undefined && { end }) } });
    }
    await elsewhere(request);
    return sent.slice(1).flat();
  }

  it("queues the step after the last one that is done", async () => {
    expect(await afterSteps([{ end: "behind c", result: done() }])).toMatchObject([
      { kind: "topic", step: 2, cursor: "behind c", offsets: [1] },
    ]);
    const two = [
      { end: "behind c", result: done() },
      { end: "behind f", result: done() },
    ];
    expect(await afterSteps(two)).toMatchObject([{ kind: "topic", step: 3, cursor: "behind f" }]);
  });

  it("queues nothing if the last step is done and handed nothing on", async () => {
    expect(await afterSteps([{ result: done({ lastStep: true }) }])).toEqual([]);
  });

  it("queues the last step again if it handed on parts, which may be lost", async () => {
    const last = { result: done({ lastStep: true, handedOn: 1 }) };
    expect(await afterSteps([{ end: "behind c", result: done() }, last])).toMatchObject([
      { kind: "topic", step: 2, cursor: "behind c" },
    ]);
  });
});
