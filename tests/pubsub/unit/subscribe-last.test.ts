import { describe, expect, it } from "vitest";
import type { NewestRequest } from "../../../packages/pubsub/src/core/log/newest-port.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { Brake } from "../../../packages/pubsub/src/handlers/brake.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { fillTopic } from "../../support/fill-topic.ts";
import { consumer, type SetUp, setUp, TOPIC } from "./answer-frame-support.ts";

const EPOCH = "0m1c2d3e4";
const subscribe = { action: "SUBSCRIBE", topicId: TOPIC, format: "event", requestId: "r" };

interface World extends SetUp {
  /** The reads of the newest events. */
  newest: NewestRequest[];
  charged: number[];
  asked: number[];
}

/** A topic with so many events. `lag` of them are not shown by a read that may lag. */
async function setUpTopic(
  count: number,
  options: { pad?: string; lag?: number; mayWork?: (price: number) => boolean; log?: Partial<TopicLog> } = {},
): Promise<World> {
  const { pad = "", lag = 0, mayWork = () => true } = options;
  const newest: NewestRequest[] = [];
  const charged: number[] = [];
  const asked: number[] = [];
  const brake: Brake = {
    admit: async () => "admitted",
    charge: async (_, price) => void charged.push(price),
    mayWork: async (_, price) => {
      asked.push(price);
      return mayWork(price);
    },
    isOverworked: () => false,
  };
  const { log: memory } = createTestContext();
  const log: TopicLog = {
    ...memory,
    newest(request) {
      newest.push(request);
      const { upTo = 0, mayLag } = request;
      return memory.newest(mayLag ? { ...request, upTo: upTo - lag } : request);
    },
    ...options.log,
  };
  const world = setUp({ brake, log });
  await fillTopic({ log: memory, clock: world.clock }, { topicId: TOPIC, epoch: EPOCH, count, pad });
  return { ...world, newest, charged, asked };
}

interface Frame {
  type: string;
  events?: { offset: number }[];
}

const offsetsOf = (frames: readonly unknown[]): number[] =>
  (frames as Frame[]).flatMap(({ events = [] }) => events.map(({ offset }) => offset));

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe("a SUBSCRIBE with last", () => {
  it("gets exactly the newest 50 of 10,000 events with one query, and where they begin", async () => {
    const world = await setUpTopic(10_000);
    await world.send({ ...subscribe, last: 50, nonce: "1-2-3-4" });
    const [subscribed, ...frames] = world.posted();
    expect(subscribed).toEqual({
      type: "SUBSCRIBED",
      requestId: "r",
      topicId: TOPIC,
      epoch: EPOCH,
      offset: 10_000,
      recovered: true,
      from: { epoch: EPOCH, offset: 9_950 },
      nonce: "1-2-3-4",
    });
    expect(offsetsOf(frames)).toEqual(range(9_951, 10_000));
    expect(frames).toMatchObject([{ type: "EVENTS", topicId: TOPIC, epoch: EPOCH, nonce: "1-2-3-4" }]);
    expect(world.newest).toEqual([expect.objectContaining({ limit: 50, upTo: 10_000, mayLag: true })]);
  });

  it("costs what is read and posted, without asking the brake for a small history", async () => {
    const world = await setUpTopic(10_000);
    await world.send({ ...subscribe, last: 50 });
    // The subscription, the end, 12 KB of rows at half the price, and one message
    expect(world.charged).toEqual([expect.closeTo(2.5 + 0.125 + 0.125 * 0.5 * 3 + 1.15, 1)]);
    expect(world.asked).toEqual([]);
  });

  it("gets all events of a topic that has fewer, and none of one that has none", async () => {
    const few = await setUpTopic(3);
    await few.send({ ...subscribe, last: 50 });
    const [subscribed, ...frames] = few.posted();
    expect(subscribed).toMatchObject({ offset: 3, from: { epoch: EPOCH, offset: 0 } });
    expect(subscribed).not.toHaveProperty("truncated");
    expect(offsetsOf(frames)).toEqual([1, 2, 3]);
    const none = await setUpTopic(0);
    await none.send({ ...subscribe, last: 50 });
    const [empty, ...others] = none.posted() as { epoch: string }[];
    expect(empty).toMatchObject({ offset: 0, recovered: true, from: { epoch: empty?.epoch, offset: 0 } });
    expect(others).toEqual([]);
    expect(none.newest).toEqual([]);
  });

  it("gets what follows `since` instead, if it has both, without `from`", async () => {
    const world = await setUpTopic(100);
    await world.send({ ...subscribe, last: 50, since: { epoch: EPOCH, offset: 97 } });
    const [subscribed, ...frames] = world.posted();
    expect(subscribed).not.toHaveProperty("from");
    expect(offsetsOf(frames)).toEqual([98, 99, 100]);
    await world.send({ ...subscribe, last: 50, since: { epoch: "0m1c2d3e3", offset: 1 } });
    expect(world.posted().at(-1)).toMatchObject({ type: "SUBSCRIBED", recovered: false });
    expect(world.newest).toEqual([]);
  });

  it("gets the data itself in the format data, in order and without the nonce, up to 24 messages", async () => {
    const world = await setUpTopic(100);
    await world.send({ ...subscribe, format: "data", last: 20, nonce: "1-2-3-4" });
    const [subscribed, ...data] = world.posted();
    expect(subscribed).toMatchObject({ from: { offset: 80 }, nonce: "1-2-3-4" });
    expect(subscribed).not.toHaveProperty("truncated");
    expect(data).toEqual(range(81, 100));
    const more = await setUpTopic(100);
    await more.send({ ...subscribe, format: "data", last: 100 });
    expect(more.posted()[0]).toMatchObject({ from: { offset: 76 }, truncated: true });
    expect(more.posted().slice(1)).toEqual(range(77, 100));
  });

  it("gets the newest of them up to 512 KiB, and truncated", async () => {
    const world = await setUpTopic(40, { pad: "x".repeat(20_000) });
    await world.send({ ...subscribe, last: 1_000 });
    const [subscribed, ...frames] = world.posted() as [{ from: { offset: number } }, ...Frame[]];
    const offsets = offsetsOf(frames);
    expect(subscribed).toMatchObject({ offset: 40, truncated: true });
    expect(offsets).toEqual(range(subscribed.from.offset + 1, 40));
    // 20 KB each: one in a message
    expect(offsets).toHaveLength(24);
    expect(world.charged[0]).toBeLessThan(44);
  });

  it("gets 1,000 small events, the most that one SUBSCRIBE can ask for", async () => {
    const world = await setUpTopic(1_200);
    await world.send({ ...subscribe, last: 1_000 });
    const [subscribed, ...frames] = world.posted();
    expect(subscribed).not.toHaveProperty("truncated");
    expect(offsetsOf(frames)).toEqual(range(201, 1_200));
  });

  it("reads again with strong consistency if the read does not show the topic's end yet", async () => {
    const world = await setUpTopic(100, { lag: 2 });
    await world.send({ ...subscribe, last: 3 });
    expect(offsetsOf(world.posted().slice(1))).toEqual([98, 99, 100]);
    expect(world.newest.map(({ mayLag }) => mayLag)).toEqual([true, false]);
  });

  it("gets its history without a SUBSCRIBED, if it has no requestId", async () => {
    const world = await setUpTopic(5);
    await world.send({ action: "SUBSCRIBE", topicId: TOPIC, format: "event", last: 2 });
    expect(offsetsOf(world.posted())).toEqual([4, 5]);
  });

  it("gets RATE_LIMITED if the brake does not permit a large history, and stays subscribed", async () => {
    const world = await setUpTopic(40, { pad: "x".repeat(20_000), mayWork: () => false });
    await world.send({ ...subscribe, last: 40 });
    expect(world.posted()).toMatchObject([{ type: "ERROR", code: "RATE_LIMITED" }]);
    expect(await world.subscriptions.find({ consumer, topicId: TOPIC })).toBeDefined();
  });

  it("is asked of the brake with what the read cost in addition, if the newest events are much larger", async () => {
    const world = await setUpTopic(4_000);
    const { log } = world;
    for (const offset of [4_001, 4_002, 4_003, 4_004]) {
      const event = { publishedAt: 0, verbatim: true, idempotent: false, expiresAtSeconds: 1e10 };
      const json = JSON.stringify("x".repeat(120_000));
      await log.append({
        topicId: TOPIC,
        epoch: EPOCH,
        offset,
        events: [{ ...event, json, publicationId: "p" }],
      });
    }
    const asking = await setUpTopic(0, { log });
    await asking.send({ ...subscribe, last: 4 });
    expect(offsetsOf(asking.posted().slice(1))).toEqual([4_001, 4_002, 4_003, 4_004]);
    const sum = asking.asked.reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThanOrEqual((asking.charged[0] ?? 0) - 5 - 2.5 - 4.2);
  });

  it("gets STORAGE_FAILED if the events cannot be read within three seconds", async () => {
    const never: Partial<TopicLog> = { newest: () => new Promise(() => {}) };
    const world = await setUpTopic(5, { log: never });
    const sending = world.send({ ...subscribe, last: 2 });
    await expect.poll(() => world.clock.advance(3_000) ?? world.posted().length).toBe(1);
    await sending;
    expect(world.posted()).toMatchObject([{ type: "ERROR", code: "STORAGE_FAILED" }]);
  });
});

describe("a SUBSCRIBE without last", () => {
  it("reads nothing more, and its SUBSCRIBED has neither field", async () => {
    const world = await setUpTopic(100);
    await world.send(subscribe);
    expect(world.newest).toEqual([]);
    expect(world.posted()).toEqual([
      { type: "SUBSCRIBED", requestId: "r", topicId: TOPIC, epoch: EPOCH, offset: 100, recovered: true },
    ]);
    expect(world.charged).toEqual([expect.closeTo(2.625, 3)]);
  });
});
