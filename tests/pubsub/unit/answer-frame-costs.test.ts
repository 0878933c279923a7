import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { type Admission, type Brake, createBrake } from "../../../packages/pubsub/src/handlers/brake.ts";
import { createMemorySpending } from "../../../packages/pubsub/src/testing/spending.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { consumer, type SetUp, setUp, TOPIC } from "./answer-frame-support.ts";

interface Charges {
  brake: Brake;
  admitted: number[];
  charged: number[];
}

function createRecordingBrake(
  options: { admission?: Admission; mayWork?: (price: number) => boolean; isOverworked?: boolean } = {},
): Charges {
  const { admission = "admitted", mayWork = () => true, isOverworked = false } = options;
  const charges: Omit<Charges, "brake"> = { admitted: [], charged: [] };
  const brake: Brake = {
    async admit(_, price) {
      charges.admitted.push(price);
      return admission;
    },
    async charge(_, price) {
      charges.charged.push(price);
    },
    mayWork: async (_, price) => mayWork(price),
    isOverworked: () => isOverworked,
  };
  return { ...charges, brake };
}

const LARGE = "x".repeat(100_000);

async function positionIn({ log }: SetUp, offset: number): Promise<object> {
  const { last } = await log.tail(TOPIC);
  return { epoch: last?.epoch, offset };
}

describe("a client that goes on sending although it is refused", () => {
  it("is disconnected without a response, and the log says so", async () => {
    const { brake } = createRecordingBrake({ admission: "ended" });
    const { send, posted, connections, observed } = setUp({ brake });
    expect(await send({ action: "PING", requestId: "r" })).toEqual({ statusCode: 200 });
    expect(posted()).toEqual([]);
    expect(await connections.post(consumer, { body: new Uint8Array([1]) })).toEqual({ outcome: "gone" });
    const reason = "it kept sending although it was refused";
    expect(observed).toEqual([{ event: "connection-ended", consumer, reason }]);
  });

  it("is disconnected by an environment that has just started, if the table says that it owes much", async () => {
    const { send, connections, spending, clock } = setUp();
    const account = { account: "all", burstMs: 0, mayOwe: true } as const;
    await spending.spend({ consumer, costMs: 3_600_000, nowMs: clock.now(), ...account });
    // A message that costs more than an environment keeps to itself
    await send({}, { body: "x".repeat(20 * 131_072) });
    expect(await connections.post(consumer, { body: new Uint8Array([1]) })).toEqual({ outcome: "gone" });
  });
});

describe("a refused message", () => {
  it("gets RATE_LIMITED, and nothing is read for it", async () => {
    const { brake, charged } = createRecordingBrake({ admission: "refused" });
    const liveTopicsOf = () => expect.fail("read");
    const { send, posted } = setUp({ brake, subscriptions: { liveTopicsOf } });
    await send({ action: "PING", requestId: "r", positions: { [TOPIC]: { epoch: "000000000", offset: 0 } } });
    expect(posted()).toMatchObject([{ type: "ERROR", code: "RATE_LIMITED", requestId: "r" }]);
    expect(charged).toEqual([]);
  });
});

describe("what a message is charged", () => {
  it("contains one more for each further 32 KB of it", async () => {
    const { brake, admitted } = createRecordingBrake();
    const { send } = setUp({ brake });
    for (const length of [10, 32_768, 32_769, 131_072]) await send({}, { body: "x".repeat(length) });
    expect(admitted.map((price) => price - (admitted[0] ?? 0))).toEqual([0, 0, 1, 3]);
  });

  it("contains what it caused to be read and posted, and nothing more for a plain PING", async () => {
    const { brake, charged } = createRecordingBrake();
    const world = setUp({ brake });
    await world.send({ action: "PING", requestId: "r" });
    expect(charged).toEqual([]);
    await world.publish(LARGE, LARGE, LARGE);
    const since = await positionIn(world, 0);
    await world.send({ action: "SUBSCRIBE", topicId: TOPIC, requestId: "s", since });
    // 300 KB are 10 messages or more, and 36 units
    expect(charged).toEqual([expect.closeTo(2.5 + 12 * 1.15 + 0.125 * 38, 0)]);
  });
});

describe("a PUBLISH", () => {
  const frame = { action: "PUBLISH", topicId: TOPIC, data: "x", requestId: "r" };
  const authorize = (): boolean => true;
  const [unit, rest] = [0.625, 4.25];

  it.each([
    ["a small event", { data: "x" }, 1],
    ["a small event with a publication id, whose record is a row", { data: "x", publicationId: "p" }, 2],
    ["30 KB", { data: "x".repeat(30_000) }, 30],
    // JSON writes these numbers longer than the client did
    ["13 KB that become 57 KB", { body: `[${"1e20,".repeat(2_600)}0]` }, 57],
  ])("is charged its write units, and what queue and fan-out cost: %s", async (_, fields, units) => {
    const { brake, charged } = createRecordingBrake();
    const { send, posted } = setUp({ brake, authorize });
    const body = "body" in fields ? JSON.stringify(frame).replace('"x"', fields.body) : undefined;
    await send({ ...frame, ...fields }, body === undefined ? {} : { body });
    expect(posted()).toMatchObject([{ type: "PUBLISHED" }]);
    expect(charged).toEqual([rest + units * unit]);
  });

  it("is charged the same for a duplicate, and if the write fails", async () => {
    const { brake, charged } = createRecordingBrake();
    const world = setUp({ brake, authorize });
    await world.send({ ...frame, publicationId: "p" });
    await world.send({ ...frame, publicationId: "p" });
    const append = (): Promise<never> => Promise.reject(new PubsubError("STORAGE_FAILED", "down"));
    await setUp({ brake, authorize, log: { append } }).send({ ...frame, publicationId: "p" });
    expect(charged).toEqual([rest + 2 * unit, rest + 2 * unit, rest + 2 * unit]);
  });

  it("is charged as a message only if it is not allowed", async () => {
    const { brake, admitted, charged } = createRecordingBrake();
    await setUp({ brake, authorize: () => false }).send(frame);
    await setUp({ brake, authorize, handler: { validate: () => "no" } }).send(frame);
    expect(admitted).toEqual([3, 3]);
    expect(charged).toEqual([]);
  });

  it("gets RATE_LIMITED above the limit, and nothing is asked or written", async () => {
    const { brake, charged } = createRecordingBrake({ admission: "refused" });
    const world = setUp({ brake, authorize: () => expect.unreachable("asked") });
    await world.send(frame);
    expect(world.posted()).toMatchObject([{ type: "ERROR", code: "RATE_LIMITED", requestId: "r" }]);
    expect(world.log.dump(TOPIC)).toEqual([]);
    expect(world.queue.nextVisibleAtMs()).toBeUndefined();
    expect(charged).toEqual([]);
  });

  it("of one connection is admitted 120 times at once, then RATE_LIMITED, and is written only as often", async () => {
    const spending = createMemorySpending();
    const context = createTestContext();
    const limits = { maxDollarsPerHour: 0.02, frameRate: () => true };
    const brake = createBrake({ ...context, spending }, limits);
    const world = setUp({ brake, authorize });
    for (let sent = 0; sent < 200; sent++) await world.send(frame);
    const answers = world.posted() as { type: string }[];
    const published = answers.filter(({ type }) => type === "PUBLISHED");
    expect(world.log.dump(TOPIC)).toHaveLength(published.length);
    // $0.001 may be spent at once, and a PUBLISH costs $8 a million
    expect(published.length).toBeGreaterThan(100);
    expect(published.length).toBeLessThan(140);
    expect(answers.at(-1)).toMatchObject({ type: "ERROR", code: "RATE_LIMITED" });
  });
});

describe("a PING that missed one event", () => {
  const since = { [TOPIC]: { epoch: "000000000", offset: 0 } };

  it("gets it replayed without asking the brake", async () => {
    const { brake } = createRecordingBrake({ mayWork: () => false });
    const world = setUp({ brake });
    await world.publish("a");
    await world.send({ action: "SUBSCRIBE", topicId: TOPIC });
    const positions = { [TOPIC]: await positionIn(world, 0) };
    await world.send({ action: "PING", requestId: "p", positions });
    expect(world.posted()).toMatchObject([{ type: "PONG", requestId: "p" }, { type: "EVENTS" }]);
  });

  // Forty of them under way left another client's SUBSCRIBE waiting for 1.5 s
  it("gets a PONG without positions, and causes no read, if the table has just refused work of the connection", async () => {
    const { brake } = createRecordingBrake({ isOverworked: true });
    const liveTopicsOf = () => expect.fail("read");
    const { send, posted } = setUp({ brake, subscriptions: { liveTopicsOf } });
    await send({ action: "PING", requestId: "p", positions: since });
    expect(posted()).toEqual([{ type: "PONG", requestId: "p" }]);
  });
});

describe("a SUBSCRIBE whose replay is not possible now", () => {
  it("gets RATE_LIMITED if the brake does not permit it, and not recovered: false", async () => {
    const { brake } = createRecordingBrake({ mayWork: () => false });
    const world = setUp({ brake });
    await world.publish(LARGE, LARGE, LARGE);
    const since = await positionIn(world, 0);
    await world.send({ action: "SUBSCRIBE", topicId: TOPIC, requestId: "s", since });
    expect(world.posted()).toMatchObject([{ type: "ERROR", code: "RATE_LIMITED", requestId: "s" }]);
  });

  it("gets STORAGE_FAILED if the events cannot be read within three seconds", async () => {
    const world = setUp({
      log: {
        async *read() {
          // Nothing is read while the time passes
          world.clock.advance(3_000);
          await new Promise(() => {});
        },
      },
    });
    await world.publish("a", "b");
    const since = await positionIn(world, 0);
    await world.send({ action: "SUBSCRIBE", topicId: TOPIC, requestId: "s", since });
    expect(world.posted()).toMatchObject([{ type: "ERROR", code: "STORAGE_FAILED", requestId: "s" }]);
  });
});
