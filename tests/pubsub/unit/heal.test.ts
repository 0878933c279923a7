import { expect, it } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Subscriptions, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { type Healed, heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { at, fillLog, offsetsIn } from "./recovery-support.ts";

const START_MS = 1_800_000_000_000;
const consumer = consumerOf("client");

type Call = "liveTopicsOf" | "find" | "tail" | "read";

interface World {
  log: TopicLog;
  /** The calls of the ports that were made. */
  calls: Record<Call, number>;
  /** The most calls that were under way at once. */
  atOnce(): number;
  observed: PipelineEvent[];
  fill(topicId: string, sizes: readonly number[]): Promise<void>;
  subscribe(...topicIds: string[]): Promise<void>;
  subscribeLatest(topicId: string): Promise<void>;
  subscribeUntil(topicId: string, expiresAtSeconds: number): Promise<void>;
  /** Heals, and returns how long it took by the virtual clock. */
  heal(positions: Record<string, Position>, endsAtMs?: number): Promise<Healed & { tookMs: number }>;
}

/** Each call takes `latencyMs` by the virtual clock. A call for which `fate` returns a promise takes as long as that. */
function createWorld({
  latencyMs = () => 10,
  fate = () => undefined,
}: {
  latencyMs?: (call: Call) => number;
  fate?: (call: Call, topicId: string) => Promise<never> | undefined;
} = {}): World {
  const clock = createVirtualClock({ seed: 1, startMs: START_MS });
  const memory = { log: createMemoryTopicLog(clock), subscriptions: createMemorySubscriptions(clock) };
  const calls = { liveTopicsOf: 0, find: 0, tail: 0, read: 0 };
  const observed: PipelineEvent[] = [];
  let underWay = 0;
  let atOnce = 0;

  async function slowly<Result>(call: Call, topicId: string, result: () => Promise<Result>): Promise<Result> {
    calls[call] += 1;
    underWay += 1;
    atOnce = Math.max(atOnce, underWay);
    await (fate(call, topicId) ?? clock.sleep(latencyMs(call)));
    underWay -= 1;
    return result();
  }

  const log: TopicLog = {
    ...memory.log,
    tail: (topicId) => slowly("tail", topicId, () => memory.log.tail(topicId)),
    async *read(request) {
      yield* await slowly("read", request.topicId, async () => memory.log.read(request));
    },
  };
  const subscriptions: Subscriptions = {
    ...memory.subscriptions,
    find: (request) => slowly("find", request.topicId, () => memory.subscriptions.find(request)),
    liveTopicsOf: (request) => slowly("liveTopicsOf", "", () => memory.subscriptions.liveTopicsOf(request)),
  };
  const ports = { log, subscriptions, clock, observe: (event: PipelineEvent) => void observed.push(event) };
  return {
    log,
    calls,
    observed,
    atOnce: () => atOnce,
    fill: (topicId, sizes) => fillLog({ log: memory.log, clock }, topicId, sizes),
    async subscribeLatest(topicId) {
      await memory.subscriptions.put(subscriptionOf("client", topicId, { latest: true }));
    },
    async subscribeUntil(topicId, expiresAtSeconds) {
      await memory.subscriptions.put(subscriptionOf("client", topicId, { expiresAtSeconds }));
    },
    async subscribe(...topicIds) {
      for (const topicId of topicIds) await memory.subscriptions.put(subscriptionOf("client", topicId));
    },
    async heal(positions, endsAtMs = Number.POSITIVE_INFINITY) {
      const beganMs = clock.now();
      const request = { consumer, asked: new Map(Object.entries(positions)), endsAtMs };
      const healed = await clock.run(heal(ports, request, { retentionSeconds: 3_600 }));
      return { ...healed, tookMs: clock.now() - beganMs };
    },
  };
}

const HUNDRED = Array.from({ length: 100 }, (_, n) => `topic-${n}`);

/** 100 topics with one event each, at which the client is too. */
async function createQuietWorld(options: Parameters<typeof createWorld>[0]): Promise<{
  world: World;
  positions: Record<string, Position>;
}> {
  const world = createWorld(options);
  for (const topicId of HUNDRED) await world.fill(topicId, [1]);
  await world.subscribe(...HUNDRED);
  return { world, positions: Object.fromEntries(HUNDRED.map((topicId) => [topicId, at(1)])) };
}

const never = (): Promise<never> => new Promise(() => {});

it("returns the position and events only of topics that the client is subscribed to", async () => {
  const world = createWorld();
  await world.fill("mine", [1, 1, 1]);
  await world.fill("secret", [1, 1, 1]);
  await world.fill("__proto__", [1]);
  await world.subscribe("mine", "__proto__");
  const healed = await world.heal({ mine: at(1), secret: at(0), ["__proto__"]: at(1) });
  expect(healed.positions).toEqual(
    new Map<string, unknown>([
      ["mine", { ...at(3), recovered: true }],
      ["secret", { subscribed: false }],
      ["__proto__", { ...at(1), recovered: true }],
    ]),
  );
  expect(offsetsIn(healed.frames)).toEqual([2, 3]);
  const bodies = healed.frames.map(({ body }) => new TextDecoder().decode(body));
  expect(bodies.join()).not.toContain("secret");
});

it("says that a subscription has expired, and returns no events of its topic", async () => {
  const world = createWorld();
  await world.fill("over", [1, 1]);
  await world.fill("mine", [1, 1]);
  await world.subscribe("mine");
  await world.subscribeUntil("over", START_MS / 1_000);
  const healed = await world.heal({ over: at(1), mine: at(1), never: at(0) });
  expect(Object.fromEntries(healed.positions)).toEqual({
    over: { subscribed: false, reason: "expired" },
    mine: { ...at(2), recovered: true },
    never: { subscribed: false },
  });
  expect(offsetsIn(healed.frames)).toEqual([2]);
});

it("returns the events of a subscription that ends with its end", async () => {
  const world = createWorld();
  await world.fill("t", [1, 1]);
  await world.subscribeUntil("t", START_MS / 1_000 + 60);
  const { frames } = await world.heal({ t: at(1) });
  expect(frames).toMatchObject([{ expiresAtSeconds: START_MS / 1_000 + 60 }]);
});

it("returns recovered: false and no events for a position of another epoch", async () => {
  const world = createWorld();
  await world.fill("t", [1, 1]);
  await world.subscribe("t");
  const healed = await world.heal({ t: at(1, "0m1c2d3e3") });
  expect([...healed.positions]).toEqual([["t", { ...at(2), recovered: false }]]);
  expect(healed.frames).toEqual([]);
});

it("leaves out a topic that does not fit the frame's budget", async () => {
  const world = createWorld();
  for (const topicId of ["a", "b"]) await world.fill(topicId, Array(5).fill(100_000));
  await world.subscribe("a", "b");
  const healed = await world.heal({ a: at(0), b: at(0) });
  expect(healed.positions.size).toBe(1);
  expect(offsetsIn(healed.frames)).toEqual([1, 2, 3, 4, 5]);
});

it("makes no call for a client without positions", async () => {
  const world = createWorld();
  expect(await world.heal({})).toMatchObject({ positions: new Map(), frames: [], tookMs: 0 });
  expect(world.calls).toEqual({ liveTopicsOf: 0, find: 0, tail: 0, read: 0 });
});

// They were looked up one after the other: 200 to 400 calls, four seconds at 10 ms a call
it("looks up 100 quiet topics with one query of the rows, and then at most 10 topics at once", async () => {
  const { world, positions } = await createQuietWorld({});
  const { positions: found, tookMs } = await world.heal(positions);
  expect(found.size).toBe(100);
  expect(world.calls).toEqual({ liveTopicsOf: 1, find: 0, tail: 100, read: 0 });
  expect(world.atOnce()).toBeLessThanOrEqual(10);
  expect(tookMs).toBeLessThanOrEqual(150);
});

it("takes at most 300 ms for 100 quiet topics whose ends take two calls of 10 ms each", async () => {
  const { world, positions } = await createQuietWorld({
    latencyMs: (call) => (call === "tail" ? 20 : 10),
  });
  expect((await world.heal(positions)).tookMs).toBeLessThanOrEqual(300);
});

it("reads nothing more for topics that the client is not subscribed to", async () => {
  const { world } = await createQuietWorld({});
  const strange = Object.fromEntries(HUNDRED.map((topicId) => [`other-${topicId}`, at(1)]));
  const { positions } = await world.heal(strange);
  expect([...positions.values()]).toEqual(Array(100).fill({ subscribed: false }));
  expect(world.calls).toEqual({ liveTopicsOf: 1, find: 0, tail: 0, read: 0 });
});

it("looks up a topic by itself if the connection has more rows than the query reads", async () => {
  const world = createWorld();
  await world.subscribe(...HUNDRED, "mine");
  await world.fill("mine", [1]);
  const { positions } = await world.heal({ mine: at(1), secret: at(0) });
  expect(Object.fromEntries(positions)).toEqual({
    mine: { ...at(1), recovered: true },
    secret: { subscribed: false },
  });
  expect(world.calls).toMatchObject({ liveTopicsOf: 1, find: 2, tail: 1 });
});

it("returns only the newest event of a topic whose subscription has latest, however many were missed", async () => {
  const world = createWorld();
  await world.fill("latest", Array(1_200).fill(1));
  await world.fill("every", [1, 1, 1]);
  await world.subscribe("every");
  await world.subscribeLatest("latest");
  const healed = await world.heal({ latest: at(1), every: at(1) });
  expect([...healed.positions]).toEqual([
    ["every", { ...at(3), recovered: true }],
    ["latest", { ...at(1_200), recovered: true }],
  ]);
  expect(offsetsIn(healed.frames).toSorted((a, b) => a - b)).toEqual([2, 3, 1_200]);
});

it("returns only the newest event also if the connection has more rows than the query reads", async () => {
  const world = createWorld();
  await world.subscribe(...HUNDRED);
  await world.fill("zz-mine", [1, 1, 1]);
  await world.subscribeLatest("zz-mine");
  expect(offsetsIn((await world.heal({ "zz-mine": at(1) })).frames)).toEqual([3]);
  expect(world.calls).toMatchObject({ liveTopicsOf: 1, find: 1 });
});

it("leaves out a topic whose lookup hangs, and returns the others after three seconds", async () => {
  const fate: Parameters<typeof createWorld>[0] = {
    fate: (_, topicId) => (topicId === "topic-7" ? never() : undefined),
  };
  const { world, positions } = await createQuietWorld(fate);
  const { positions: found, tookMs } = await world.heal(positions);
  expect(HUNDRED.filter((topicId) => !found.has(topicId))).toEqual(["topic-7"]);
  expect(tookMs).toBe(3_000);
  expect(world.observed).toEqual([]);
});

it("leaves out every topic if the query of the rows hangs", async () => {
  const { world, positions } = await createQuietWorld({
    fate: (call) => (call === "liveTopicsOf" ? never() : undefined),
  });
  expect(await world.heal(positions)).toMatchObject({ positions: new Map(), tookMs: 3_000 });
});

it("begins no lookup after three seconds, and gets to other topics with each PING", async () => {
  const { world, positions } = await createQuietWorld({ latencyMs: () => 900 });
  const seen = new Set<string>();
  for (let pings = 1; pings <= 10; pings++) {
    const { positions: found, tookMs } = await world.heal(positions);
    expect(found.size).toBeGreaterThanOrEqual(18);
    expect(tookMs).toBe(3_000);
    expect(world.calls.tail).toBeLessThanOrEqual(33 * pings);
    for (const topicId of found.keys()) seen.add(topicId);
  }
  expect(seen.size).toBeGreaterThan(50);
});

it("returns the quiet topics after three seconds while the events of another can't be read", async () => {
  const { world, positions } = await createQuietWorld({
    fate: (call) => (call === "read" ? never() : undefined),
  });
  const { positions: found, frames, tookMs } = await world.heal({ ...positions, "topic-3": at(0) });
  expect(HUNDRED.filter((topicId) => !found.has(topicId))).toEqual(["topic-3"]);
  expect(frames).toEqual([]);
  expect(tookMs).toBe(3_000);
});

it("takes at most half of the time that the invocation has left", async () => {
  const { world, positions } = await createQuietWorld({ fate: () => never() });
  expect((await world.heal(positions, START_MS + 1_000)).tookMs).toBe(500);
  expect((await world.heal(positions, START_MS - 1)).tookMs).toBe(0);
});

it("leaves out the topics whose lookup fails, and reports one failure", async () => {
  const error = new Error("throttled");
  const { world, positions } = await createQuietWorld({
    fate: (call, topicId) => (call === "tail" && topicId.endsWith("1") ? Promise.reject(error) : undefined),
  });
  const { positions: found } = await world.heal(positions);
  expect(HUNDRED.filter((topicId) => !found.has(topicId)).every((topicId) => topicId.endsWith("1"))).toBe(
    true,
  );
  expect(found.size).toBe(90);
  expect(world.observed).toEqual([{ event: "background-failure", stage: "frame-ping", error }]);
});
