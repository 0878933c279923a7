import { describe, expect, it } from "vitest";
import type { Admission, Brake } from "../../../packages/pubsub/src/handlers/brake.ts";
import { consumer, type SetUp, setUp, TOPIC } from "./answer-frame-support.ts";

interface Charges {
  brake: Brake;
  admitted: number[];
  charged: number[];
}

function createRecordingBrake(
  options: { admission?: Admission; mayWork?: (price: number) => boolean } = {},
): Charges {
  const { admission = "admitted", mayWork = () => true } = options;
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
