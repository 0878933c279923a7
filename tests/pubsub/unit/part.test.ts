import { describe, expect, it } from "vitest";
import { type Claims, claimUnit } from "../../../packages/pubsub/src/core/fanout/claims.ts";
import { eventsOfRun } from "../../../packages/pubsub/src/core/fanout/events-of-run.ts";
import type { PartMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { workPart } from "../../../packages/pubsub/src/core/fanout/part.ts";
import { createTestContext, LEASE_MS, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const UNIT = "000001/04fzyo82mvy";

const message = (changes: Partial<PartMessage> = {}): PartMessage => ({
  kind: "part",
  topicId: "t",
  epoch,
  offsets: [1, 2],
  events: [1, 2].map((n) => storedEvent(n)),
  unit: UNIT,
  attempt: 2,
  consumers: [1, 2].map((from) => {
    return { consumer: consumerOf(`from ${from}`), format: "data", subscribedAt: 0, from };
  }),
  ...changes,
});

function setUp(): TestContext {
  const context = createTestContext();
  for (const from of [1, 2]) context.connections.open(consumerOf(`from ${from}`));
  return context;
}

const received = ({ connections }: TestContext): (readonly string[])[] =>
  [1, 2].map((from) => connections.received(consumerOf(`from ${from}`)));

const claim = ({ ledger, clock }: TestContext, offset: number, leaseMs = LEASE_MS): Promise<unknown> => {
  const publication = { topicId: "t", epoch, offset };
  const nowMs = clock.now();
  return ledger.claim({ publication, unit: UNIT, nowMs, leaseUntilMs: nowMs + leaseMs });
};

describe("a redelivery", () => {
  it("posts each consumer its missing events once if the message is received three times", async () => {
    const context = setUp();
    for (let times = 0; times < 3; times++) {
      expect(await workPart(context, message())).toEqual({ leased: [] });
      expect(received(context)).toEqual([['{"n":1}', '{"n":2}'], ['{"n":2}']]);
    }
    const rows = await collect(context.ledger.rows({ topicId: "t", epoch, offset: 2 }));
    expect(rows).toMatchObject([{ row: "done", unit: UNIT, delivered: 2, retried: 2, lastStep: false }]);
    expect(context.observed.filter(({ event }) => event === "unit-skipped")).toEqual(
      [1, 2, 1, 2].map((offset) => {
        return { event: "unit-skipped", topicId: "t", epoch, offset, unit: UNIT, why: "done" };
      }),
    );
  });

  it("skips an event that another worker has leased, and reports it", async () => {
    const context = setUp();
    await claim(context, 1);
    expect(await workPart(context, message())).toEqual({ leased: [1] });
    expect(received(context)).toEqual([['{"n":2}'], ['{"n":2}']]);
    expect(context.observed).toContainEqual({
      event: "unit-skipped",
      topicId: "t",
      epoch,
      offset: 1,
      unit: UNIT,
      why: "leased",
    });
  });

  it("posts nothing if another worker has leased every event", async () => {
    const context = setUp();
    for (const offset of [1, 2]) await claim(context, offset);
    expect(await workPart(context, message())).toEqual({ leased: [1, 2] });
    expect(received(context)).toEqual([[], []]);
    expect(context.observed.map(({ event }) => event)).toEqual(["unit-skipped", "unit-skipped"]);
  });

  it("posts an event whose lease expired in order with the other events", async () => {
    const context = setUp();
    await claim(context, 1, 0);
    expect(await workPart(context, message())).toEqual({ leased: [] });
    expect(received(context)[0]).toEqual(['{"n":1}', '{"n":2}']);
  });

  it("posts nothing to a consumer whose events are leased or expired", async () => {
    const context = setUp();
    await claim(context, 2);
    await workPart(context, message());
    expect(received(context)).toEqual([['{"n":1}'], []]);
    const expired = setUp();
    const { events: _, ...bare } = message();
    await workPart(expired, bare);
    expect(received(expired)).toEqual([[], []]);
  });
});

describe("a part that waited", () => {
  const removed = (context: TestContext, id: string, atMs: number): Promise<void> =>
    context.subscriptions.markRemoved({
      consumer: consumerOf(id),
      topicId: "t",
      atMs,
      expiresAtSeconds: atMs / 1_000 + 60,
    });
  const fresh = (context: TestContext): Partial<PartMessage> => ({
    attempt: 1,
    events: [1, 2].map((n) => storedEvent(n, { publishedAt: context.clock.now() })),
  });

  // A redelivery names its consumers, and used to be posted to them whatever had happened since
  it.each([1, 2])("is not posted in attempt %d to a consumer that was put out", async (attempt) => {
    const context = setUp();
    await removed(context, "from 1", context.clock.now());
    await workPart(context, message({ attempt }));
    expect(received(context)).toEqual([[], ['{"n":2}']]);
  });

  it("is posted to a consumer that subscribed again after it was put out", async () => {
    const context = setUp();
    const atMs = context.clock.now();
    await removed(context, "from 1", atMs);
    const again = {
      consumer: consumerOf("from 1"),
      format: "data",
      subscribedAt: atMs + 30_001,
      from: 1,
    } as const;
    await workPart(context, message({ consumers: [again] }));
    expect(received(context)[0]).toEqual(['{"n":1}', '{"n":2}']);
  });

  it("is not posted to a consumer whose subscription has ended, also in its first attempt", async () => {
    const context = setUp();
    const [one, two] = message().consumers;
    if (!one || !two) throw new Error("two consumers");
    const nowSeconds = Math.floor(context.clock.now() / 1_000);
    const consumers = [
      { ...one, expiresAtSeconds: nowSeconds },
      { ...two, expiresAtSeconds: nowSeconds + 60 },
    ];
    await workPart(context, message({ ...fresh(context), consumers }));
    expect(received(context)).toEqual([[], ['{"n":2}']]);
  });

  it("is posted to a consumer that renewed its subscription since the message named it", async () => {
    const context = setUp();
    const nowSeconds = Math.floor(context.clock.now() / 1_000);
    const consumers = message().consumers.map((each) => ({ ...each, expiresAtSeconds: nowSeconds }));
    await context.subscriptions.put({
      ...subscriptionOf("from 1", "t", { format: "event" }),
      expiresAtSeconds: nowSeconds + 60,
    });
    await workPart(context, message({ consumers }));
    const [first = [], second = []] = received(context);
    expect(first.map((text) => (JSON.parse(text) as { events: object[] }).events.length)).toEqual([2]);
    expect(second).toEqual([]);
    expect(context.observed).toContainEqual(expect.objectContaining({ event: "posts-made", ended: 1 }));
    const [row] = await collect(context.ledger.rows({ topicId: "t", epoch, offset: 2 }));
    expect(row).toMatchObject({ row: "done", consumers: 1, delivered: 1, gone: 0, handedOn: 0 });
  });

  it("is neither delivered nor abandoned in the ledger if every subscription has ended", async () => {
    const context = setUp();
    const expiresAtSeconds = Math.floor(context.clock.now() / 1_000);
    const consumers = message().consumers.map((each) => ({ ...each, expiresAtSeconds }));
    await workPart(context, message({ consumers, attempt: 3 }));
    const rows = await collect(context.ledger.rows({ topicId: "t", epoch, offset: 1 }));
    expect(rows).toMatchObject([
      { row: "done", consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 0 },
    ]);
    expect(context.queue.nextVisibleAtMs()).toBeUndefined();
    expect(context.queue.deadLetters).toEqual([]);
  });

  it("is tried again later if it cannot be looked up whether a subscription was renewed", async () => {
    const context = setUp();
    const expiresAtSeconds = Math.floor(context.clock.now() / 1_000);
    const consumers = message().consumers.map((each) => ({ ...each, expiresAtSeconds }));
    context.subscriptions.liveOf = () => Promise.reject(new Error("throttled"));
    await workPart(context, message({ consumers, attempt: 1 }));
    expect(received(context)).toEqual([[], []]);
    expect(context.observed).toContainEqual(
      expect.objectContaining({ event: "redelivery-queued", consumers: 2, attempt: 2 }),
    );
    expect(context.observed).toContainEqual(
      expect.objectContaining({ event: "background-failure", stage: "look-up-renewals" }),
    );
  });

  it("is left to a worker, without a lookup, if the publisher itself finds a subscription ended", async () => {
    const context = setUp();
    const expiresAtSeconds = Math.floor(context.clock.now() / 1_000);
    const consumers = message().consumers.map((each) => ({ ...each, expiresAtSeconds }));
    context.subscriptions.liveOf = () => expect.fail("a publisher may not read subscriptions");
    await workPart({ ...context, inline: true }, message({ consumers, attempt: 1 }));
    expect(received(context)).toEqual([[], []]);
    expect(context.observed).toContainEqual(
      expect.objectContaining({ event: "redelivery-queued", consumers: 2, attempt: 1 }),
    );
  });
});

it("returns the offsets that it claimed, and those that another worker holds or has done", async () => {
  const context = setUp();
  const claim = (offsets: number[]): Promise<Claims> =>
    claimUnit(context, { topicId: "t", epoch, offsets, unit: "000001" });
  const plans = new Map();
  expect(await claim([1, 2])).toEqual({ claimed: [1, 2], plans, done: [], leased: [] });
  const result = { consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 3, lastStep: false, end: "c" };
  await context.ledger.settle({ publication: { topicId: "t", epoch, offset: 1 }, unit: "000001", result });
  expect(await claim([1, 2, 3])).toEqual({
    claimed: [3],
    plans,
    done: [{ offset: 1, end: "c" }],
    leased: [2],
  });
  context.clock.advance(LEASE_MS);
  expect(await claim([2, 3])).toEqual({ claimed: [2, 3], plans, done: [], leased: [] });
});
describe("eventsOfRun", () => {
  const publish = async (context: TestContext, count: number): Promise<void> => {
    const expiresAtSeconds = context.clock.now() / 1_000 + 100;
    const events = Array.from({ length: count }, (_, n) => {
      const { offset: _offset, ...event } = storedEvent(n + 1);
      return { ...event, expiresAtSeconds, idempotent: false };
    });
    await context.log.append({ topicId: "t", epoch, offset: 1, events });
  };
  const run = (...inline: number[]): Parameters<typeof eventsOfRun>[1] => {
    return { topicId: "t", epoch, events: inline.map((n) => storedEvent(n)) };
  };

  it("returns the events of the message without a read of the log", async () => {
    const context = setUp();
    context.log.read = () => expect.fail("read");
    expect(await eventsOfRun(context, run(1, 2, 3), [1, 3])).toEqual([1, 3].map((n) => storedEvent(n)));
    expect(await eventsOfRun(context, run(), [])).toEqual([]);
  });

  it("reads only the needed range of the log if events are not in the message", async () => {
    const context = setUp();
    await publish(context, 6);
    const asked: unknown[] = [];
    const { read } = context.log;
    context.log.read = (request) => {
      asked.push([request.after, request.limit]);
      // A log may return more than the limit; the later events belong to another message
      return read({ ...request, limit: 100 });
    };
    expect(await eventsOfRun(context, run(1), [1, 3, 5])).toEqual([1, 3, 5].map((n) => storedEvent(n)));
    expect(asked).toEqual([[2, 3]]);
    expect(context.observed).toEqual([]);
  });

  it("leaves out events that have expired, and reports them as missing", async () => {
    const context = setUp();
    await publish(context, 2);
    context.clock.advance(101_000);
    expect(await eventsOfRun(context, run(2), [1, 2, 4])).toEqual([storedEvent(2)]);
    expect(context.observed).toEqual([{ event: "events-missing", topicId: "t", epoch, offsets: [1, 4] }]);
  });
});
