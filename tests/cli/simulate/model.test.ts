/** The parts of the model, each with its limits. */
import { describe, expect, it } from "vitest";
import { consumerAt, indexOf, ROW_BYTES, TOPIC } from "../../../packages/cli/src/simulate/audience.ts";
import { createBucket } from "../../../packages/cli/src/simulate/bucket.ts";
import { createDeliveries } from "../../../packages/cli/src/simulate/deliveries.ts";
import { createCpu } from "../../../packages/cli/src/simulate/gateway-model.ts";
import { DEFAULTS, MODEL } from "../../../packages/cli/src/simulate/model.ts";
import { createQueueModel } from "../../../packages/cli/src/simulate/queue-model.ts";
import { createTableModel } from "../../../packages/cli/src/simulate/table-model.ts";
import { tableSubscriptions } from "../../../packages/cli/src/simulate/table-ports.ts";
import { whileAlive } from "../../../packages/cli/src/simulate/while-alive.ts";
import { createMemoryDeadLetters } from "../../../packages/pubsub/src/testing/dead-letters.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

const createClock = () => createVirtualClock({ seed: 1, startMs: 0 });

describe("the numbers of the model", () => {
  it.each(Object.entries(MODEL))("%s has a unit, and a source or the word assumed", (_, { unit, source }) => {
    expect(unit).not.toBe("");
    expect(source).toMatch(/^https:\/\/|^assumed|^stacks\/|^docs\/|^packages\//);
  });
});

describe("a subscriber by number", () => {
  it.each([0, 1, 35, 36, 9_999_999])("has a connection id of 16 characters that names %i", (index) => {
    const consumer = consumerAt(index);
    expect(consumer.connectionId).toHaveLength(16);
    expect(indexOf(consumer)).toBe(index);
  });
});

describe("a bucket", () => {
  it("lets the burst pass at once, and then its rate", () => {
    const bucket = createBucket(10, 5, 0);
    const taken = (count: number, nowMs: number): number =>
      Array.from({ length: count }, () => bucket.take(1, nowMs)).filter(Boolean).length;
    expect(taken(20, 0)).toBe(5);
    expect(taken(20, 200)).toBe(2);
    expect(taken(20, 60_000)).toBe(5);
  });

  it("owes the units that a large request takes beyond its level", () => {
    const bucket = createBucket(10, 10, 0);
    expect(bucket.take(30, 0)).toBe(true);
    expect(bucket.take(1, 1_900)).toBe(false);
    expect(bucket.take(1, 2_100)).toBe(true);
  });
});

describe("the deliveries", () => {
  it("counts who has every event, what came twice, and until when the last one came", () => {
    const deliveries = createDeliveries(10, 2);
    const [first, second] = [deliveries.published(0), deliveries.published(100)];
    for (let subscriber = 0; subscriber < 10; subscriber++) deliveries.delivered(subscriber, [first], 500);
    expect(deliveries.reached()).toBe(0);
    deliveries.delivered(3, [second], 900);
    deliveries.delivered(3, [first, second], 1_000);
    expect(deliveries.reached()).toBe(1);
    expect(deliveries.duplicates()).toBe(2);
    expect(deliveries.durationsMs()).toEqual([500, 800]);
    expect(deliveries.progress()).toBe(11 / 20);
  });

  it("counts nobody as reached before the last event is published", () => {
    const deliveries = createDeliveries(1, 2);
    deliveries.delivered(0, [deliveries.published(0)], 1);
    expect(deliveries.reached()).toBe(0);
  });

  it("throws for an event or a subscriber that does not exist", () => {
    const deliveries = createDeliveries(8, 1);
    expect(() => deliveries.delivered(0, [0], 0)).toThrow("never published");
    deliveries.published(0);
    expect(() => deliveries.delivered(64, [0], 0)).toThrow("subscriber 64 does not exist");
  });
});

describe("the table", () => {
  const call = { key: "topic#a", of: "log", kind: "write", units: 1 } as const;

  it("lets 1,000 write units of a key pass in a second, and repeats the calls that it throttles", async () => {
    const clock = createClock();
    const table = createTableModel(clock, DEFAULTS.timings);
    await clock.run(Promise.all(Array.from({ length: 1_500 }, () => table.call(call))));
    // The bucket's 1,000 at once, and half a second for the rest
    expect(clock.now()).toBeGreaterThan(490);
    expect(table.throttled()).toBeGreaterThanOrEqual(500);
    expect(table.units).toEqual({ read: 0, write: 1_500 });
    expect(table.perKeyMax("log", "write")).toBeLessThanOrEqual(2_000);
  });

  it("limits each key by itself", async () => {
    const clock = createClock();
    const table = createTableModel(clock, DEFAULTS.timings);
    const keys = Array.from({ length: 3_000 }, (_, nth) => ({ ...call, key: `topic#${nth % 3}` }));
    await clock.run(Promise.all(keys.map(table.call)));
    expect(table.throttled()).toBe(0);
    expect(table.perTableMax("write")).toBe(3_000);
  });

  it("rejects with a retryable error if a key is throttled for too long", async () => {
    const clock = createClock();
    const table = createTableModel(clock, DEFAULTS.timings);
    await clock.run(table.call({ ...call, units: 60_000 }));
    await expect(clock.run(table.call(call))).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      retryable: true,
    });
  });
});

describe("the index", () => {
  it.each([1, 4])(
    "returns every row once, in pages of at most a megabyte a shard, with %i shards",
    async (shards) => {
      const clock = createClock();
      const table = createTableModel(clock, DEFAULTS.timings);
      const others = createMemorySubscriptions(clock);
      const subscriptions = tableSubscriptions(others, table, clock, { subscribers: 25_000, shards });
      const seen = new Set<number>();
      let pages = 0;
      for (let cursor: string | undefined; pages === 0 || cursor !== undefined; pages++) {
        const page = await clock.run(subscriptions.page({ topicId: TOPIC, cursor, limit: 10_000 }));
        for (const { consumer } of page.subscriptions) seen.add(indexOf(consumer));
        expect(page.subscriptions.length * ROW_BYTES).toBeLessThanOrEqual(shards * MODEL.queryBytes.value);
        cursor = page.cursor;
      }
      expect(seen.size).toBe(25_000);
      // Half a read unit for each 4 KB
      expect(table.units.read).toBeGreaterThan((25_000 * ROW_BYTES) / 8_192);
      expect(table.units.read).toBeLessThan(((25_000 * ROW_BYTES) / 8_192) * 1.01);
    },
  );
});

describe("the queue", () => {
  const createQueue = (clock = createClock()) => ({
    clock,
    queue: createQueueModel(clock, createMemoryDeadLetters(clock), DEFAULTS.timings),
  });
  const bodyOf = (hops: number, length = 0): string =>
    `{"v":1,"kind":"page","topicId":"simulated","epoch":"abc","offsets":[1,2],"hops":${hops},"x":"${"y".repeat(length)}"}`;

  it("delivers a long body unchanged, and bills each started 64 KB of a request", async () => {
    const { clock, queue } = createQueue();
    await clock.run(queue.send([{ body: bodyOf(0, 100_000), delaySeconds: 0 }]));
    expect(queue.requests).toBe(2);
    expect(queue.receive(10).map(({ body }) => body)).toEqual([bodyOf(0, 100_000)]);
  });

  it("delivers a message again after the visibility timeout unless it is deleted", async () => {
    const { clock, queue } = createQueue();
    const bodies = [bodyOf(0), bodyOf(1)].map((body) => ({ body, delaySeconds: 0 }));
    await clock.run(queue.send(bodies));
    const [first, second] = queue.receive(10);
    queue.delete(first?.id ?? "");
    expect(queue.receive(10)).toEqual([]);
    await clock.run(clock.sleep(MODEL.visibilityMs.value + 1));
    expect(queue.receive(10)).toMatchObject([{ id: second?.id, receiveCount: 2 }]);
    expect(queue.size).toBe(1);
  });

  it("hides a delayed message until its delay is over, and counts the hops of each chain", async () => {
    const { clock, queue } = createQueue();
    await clock.run(queue.send([{ body: bodyOf(6), delaySeconds: 5 }]));
    expect([queue.visible, queue.size, queue.hopsMax]).toEqual([0, 1, 7]);
    await clock.run(clock.sleep(5_001));
    expect(queue.visible).toBe(1);
  });

  it("delivers thousands of messages once each", async () => {
    const { clock, queue } = createQueue();
    const messages = Array.from({ length: 5_000 }, (_, nth) => ({ body: `${nth}`, delaySeconds: 0 }));
    await clock.run(queue.send(messages));
    const received = new Set<string>();
    while (queue.visible > 0) for (const { body } of queue.receive(10)) received.add(body);
    expect(received.size).toBe(5_000);
    expect(queue.inFlightMax).toBe(5_000);
  });
});

describe("the CPU of a worker", () => {
  it("does one thing after the other, and says how busy it was since it was last asked", async () => {
    const clock = createClock();
    const cpu = createCpu(clock);
    expect([cpu.work(30_000), cpu.work(20_000)]).toEqual([30, 50]);
    await clock.run(clock.sleep(100));
    expect(cpu.load()).toBe(0.5);
    await clock.run(clock.sleep(100));
    expect(cpu.load()).toBe(0);
  });
});

describe("a port of a process that Lambda ended", () => {
  it("does nothing any more and never returns", async () => {
    let alive = true;
    let calls = 0;
    const port = whileAlive({ call: async () => ++calls, durable: true }, () => alive);
    expect(await port.call()).toBe(1);
    alive = false;
    const ended = await Promise.race([port.call(), new Promise((resolve) => setImmediate(resolve, "waits"))]);
    expect([ended, calls, port.durable]).toEqual(["waits", 1, true]);
  });
});
