/**
 * What a recovery reads. "Gone" and "later" used to deduct nothing: one PING that named 100 topics read 115 MiB and
 * returned no event.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { newReplayBudget } from "../../../packages/pubsub/src/core/recovery/budget.ts";
import { heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import { type Missing, missingSince } from "../../../packages/pubsub/src/core/recovery/replay.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { fillLog, offsetsIn } from "./recovery-support.ts";

const HUNDRED = Array.from({ length: 100 }, (_, n) => `topic-${n}`);
const EVENT_BYTES = 100_000;

let clock: ManualClock;
let memory: MemoryTopicLog;
/** Counts what `read` yields. */
let log: TopicLog;
let readBytes: number;
let readEvents: number;

beforeEach(() => {
  clock = createManualClock();
  memory = createMemoryTopicLog(clock);
  readBytes = 0;
  readEvents = 0;
  log = {
    ...memory,
    async *read(request) {
      for await (const event of memory.read(request)) {
        readBytes += event.json.length;
        readEvents += 1;
        yield event;
      }
    },
  };
});

/** Publishes events as producers do, and returns the position after the last. */
async function publish(topicId: string, count: number, bytes: number = EVENT_BYTES): Promise<Position> {
  let position = { epoch: "", offset: 0 };
  for (let n = 0; n < count; n++) {
    const json = JSON.stringify("x".repeat(bytes - 2));
    const draft = { publicationId: `p-${n}`, publishedAt: 0, json, verbatim: true, idempotent: false };
    const { appended } = await appendEvents({ log: memory, clock, retentionSeconds: 86_400 }, topicId, [
      draft,
    ]);
    position = { epoch: appended.get(draft)?.epoch ?? "", offset: appended.get(draft)?.offset ?? 0 };
  }
  return position;
}

async function missing(
  topicId: string,
  position: Position,
  after: number,
  budget = newReplayBudget(),
): Promise<Missing> {
  const { last } = await log.tail(topicId);
  const gap = { since: { ...position, offset: after }, position, bytesSoFar: last?.bytesSoFar };
  return missingSince({ log }, topicId, gap, budget);
}

describe("a PING that names 100 topics", () => {
  it.each<[string, number]>([
    ["whose events are too large to be replayed", 12],
    ["whose events fit one by one, but not together", 3],
  ])("reads at most 4 MiB of the topics %s", async (_, events) => {
    const subscriptions = createMemorySubscriptions(clock);
    const asked = new Map<string, Position>();
    for (const topicId of HUNDRED) {
      asked.set(topicId, { ...(await publish(topicId, events)), offset: 0 });
      await subscriptions.put(subscriptionOf("client", topicId));
    }
    const ports = { log, subscriptions, clock, observe: () => {} };
    const request = { consumer: consumerOf("client"), asked, endsAtMs: Number.POSITIVE_INFINITY };
    const { positions, frames } = await heal(ports, request, { retentionSeconds: 86_400 });
    expect(readBytes).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(frames.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(32 * 32_768);
    // A topic that was not read is not known: it must not be taken for gone
    expect(positions.size).toBeLessThan(100);
  });
});

it("asks the brake about a hundred small replays of one PING, and leaves out those that it does not permit", async () => {
  const subscriptions = createMemorySubscriptions(clock);
  const asked = new Map<string, Position>();
  for (const topicId of HUNDRED) {
    asked.set(topicId, { ...(await publish(topicId, 1, 100)), offset: 0 });
    await subscriptions.put(subscriptionOf("client", topicId));
  }
  const ports = { log, subscriptions, clock, observe: () => {} };
  const prices: number[] = [];
  const budget = newReplayBudget(async (price) => {
    prices.push(price);
    return prices.length <= 2;
  });
  const request = { consumer: consumerOf("client"), asked, endsAtMs: Number.POSITIVE_INFINITY, budget };
  const { frames } = await heal(ports, request, { retentionSeconds: 86_400 });
  // 5 are free, and 30 were permitted: 12.5 for the lookups, and 1.15 and its read for each replay
  expect(frames).toHaveLength(18);
  expect(prices.slice(0, 2)).toEqual([15, 15]);
});

describe("missingSince", () => {
  it("reads one event to find that the missing ones are too large, and deducts it", async () => {
    const position = await publish("t", 12);
    const budget = newReplayBudget();
    expect(await missing("t", position, 2, budget)).toBe("gone");
    expect(readEvents).toBe(1);
    expect(budget.spent()).toBeGreaterThan((0.125 * EVENT_BYTES) / 8_192);
  });

  it("replays the end of a log that is too large as a whole", async () => {
    const position = await publish("t", 12);
    expect(offsetsIn(await missing("t", position, 7))).toEqual([8, 9, 10, 11, 12]);
    expect(readEvents).toBe(5);
  });

  it("deducts what it read before it found a hole", async () => {
    const position = await publish("t", 4);
    const holed: TopicLog = {
      ...log,
      async *read(request) {
        for await (const event of log.read(request)) if (event.offset !== 3) yield event;
      },
    };
    const budget = newReplayBudget();
    const since = { ...position, offset: 0 };
    expect(await missingSince({ log: holed }, "t", { since, position }, budget)).toBe("gone");
    expect(budget.spent()).toBeGreaterThan((0.125 * 2 * EVENT_BYTES) / 8_192);
  });

  it("reads nothing and returns later once the budget is used up or closed", async () => {
    const position = await publish("t", 2);
    const usedUp = newReplayBudget();
    usedUp.spend(49);
    expect(await missing("t", position, 0, usedUp)).toBe("later");
    const closed = newReplayBudget();
    closed.close();
    expect(await missing("t", position, 0, closed)).toBe("later");
    expect(readEvents).toBe(0);
  });

  it("reads nothing more of a large replay that the brake does not permit, and all of a small one", async () => {
    const position = await publish("large", 5);
    const asked: number[] = [];
    const refusing = newReplayBudget(async (price) => {
      asked.push(price);
      return false;
    });
    expect(await missing("large", position, 0, refusing)).toBe("later");
    expect([readEvents, asked.length]).toEqual([0, 1]);
    const small = await publish("small", 5, 1_000);
    expect(offsetsIn(await missing("small", small, 0, refusing))).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toHaveLength(1);
  });

  it("reads at most a step too much of events whose rows do not say how large the log is", async () => {
    await fillLog({ log: memory, clock }, "old", Array(40).fill(EVENT_BYTES - 2));
    const { last } = await memory.tail("old");
    const position = { epoch: last?.epoch ?? "", offset: 40 };
    expect(await missing("old", position, 0)).toBe("gone");
    expect(readEvents).toBe(6);
    expect(offsetsIn(await missing("old", position, 35))).toEqual([36, 37, 38, 39, 40]);
  });

  it("deducts compressed rows by their own size, and limits them by the bytes that are posted", async () => {
    const compressed: TopicLog = {
      ...log,
      async *read(request) {
        for await (const event of log.read(request)) yield { ...event, bytesAtRest: 100 };
      },
    };
    const position = await publish("t", 12);
    const spentFrom = async (from: TopicLog, offset: number): Promise<number> => {
      const budget = newReplayBudget();
      const { last } = await from.tail("t");
      const gap = { since: { ...position, offset }, position, bytesSoFar: last?.bytesSoFar };
      const found = await missingSince({ log: from }, "t", gap, budget);
      expect(typeof found === "string" ? found : offsetsIn(found)).toEqual(offset < 7 ? "gone" : [11, 12]);
      return budget.spent();
    };
    // 24.4 units for 200,000 bytes with eventual consistency, and half a unit for two small rows
    expect((await spentFrom(log, 10)) - (await spentFrom(compressed, 10))).toBeCloseTo(0.125 * 24, 1);
    expect(await spentFrom(compressed, 2)).toBeCloseTo(0.125 * 0.5);
  });

  it("returns gone for events that fit by their bytes but need too many messages", async () => {
    const position = await publish("t", 28, 18_000);
    expect(await missing("t", position, 0)).toBe("gone");
    expect(offsetsIn(await missing("t", position, 8))).toHaveLength(20);
  });

  it("returns the events of a replica that lags behind the position", async () => {
    const position = await publish("t", 5, 100);
    const consistent: boolean[] = [];
    const lagging: TopicLog = {
      ...log,
      async *read(request) {
        consistent.push(!request.mayLag);
        for await (const event of log.read(request)) if (!request.mayLag || event.offset <= 3) yield event;
      },
    };
    const since = { ...position, offset: 1 };
    const gap = { since, position, bytesSoFar: 500 };
    expect(offsetsIn(await missingSince({ log: lagging }, "t", gap, newReplayBudget()))).toEqual([
      2, 3, 4, 5,
    ]);
    expect(consistent).toEqual([false, true, true]);
  });
});
