/** Counts what a PING costs: it used to take two to four calls for each topic, one after the other. */
import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { forEachAtOnce } from "../../../packages/pubsub/src/core/at-once.ts";
import { currentPosition } from "../../../packages/pubsub/src/core/log/position.ts";
import type { Clock, Ports, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { type Healed, heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf, eventToAppend, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { offsetsIn } from "../unit/recovery-support.ts";
import { putAll } from "./subscriptions-set-up.ts";

const table = sharedTestTable();
const settings = { retentionSeconds: 3_600 };
const endsAtMs = Number.POSITIVE_INFINITY;

async function setUp(): Promise<{
  ports: Pick<Ports, "log" | "subscriptions" | "observe"> & { clock: Clock };
  clock: ManualClock;
  connectionId: string;
  counted: CountedRequests;
}> {
  const clock = createManualClock();
  // An event of 128 KB is to take as much in its row
  const log = createDynamodbTopicLog(await table(), clock, { compressEvents: false });
  const subscriptions = createDynamodbSubscriptions(await table(), clock);
  const counted = countRequests((await table()).client);
  onTestFinished(counted.stop);
  const observe = (event: object): void => expect.fail(JSON.stringify(event));
  return { ports: { log, subscriptions, clock, observe }, clock, connectionId: randomUUID(), counted };
}

const topicsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `${randomUUID()}-${n}`);

/** Returns how often each operation was requested. */
const tally = (requests: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(requests, (name) => name)].map(([name, all]) => [name, all.length]));

type World = Awaited<ReturnType<typeof setUp>>;

/** Subscribes to topics that have one event each, or none. Returns the positions of a client that has everything. */
async function fill(
  { ports, connectionId }: World,
  count: number,
  json?: string,
): Promise<Map<string, Position>> {
  const topics = topicsOf(count);
  const asked = new Map<string, Position>();
  await forEachAtOnce(10, topics, async (topicId) => {
    const { epoch } = await currentPosition(ports, topicId, settings);
    const events = [eventToAppend("p", { nowMs: ports.clock.now(), ...(json !== undefined && { json }) })];
    if (json !== undefined) await ports.log.append({ topicId, epoch, offset: 1, events });
    asked.set(topicId, { epoch, offset: json === undefined ? 0 : 1 });
  });
  await putAll(
    ports.subscriptions,
    topics.map((topicId) => subscriptionOf(connectionId, topicId)),
  );
  return asked;
}

/** Sends a PING to a process, which is new unless `log` is given, and returns what it requested and read. */
async function ping(
  { ports, connectionId, counted }: World,
  asked: ReadonlyMap<string, Position>,
  log: TopicLog,
): Promise<{ healed: Healed; calls: Record<string, number>; readUnits: number; writeUnits: number }> {
  counted.take();
  const request = { consumer: consumerOf(connectionId), asked, endsAtMs };
  const healed = await heal({ ...ports, log }, request, settings);
  const { requests, ...units } = counted.take();
  return { healed, calls: tally(requests), ...units };
}

const newProcess = async ({ ports }: World): Promise<TopicLog> =>
  createDynamodbTopicLog(await table(), ports.clock);

const confirmed = (asked: ReadonlyMap<string, Position>): [string, object][] =>
  [...asked].map(([topicId, position]) => [topicId, { ...position, recovered: true }]);

describe("a PING of 100 quiet topics", () => {
  // Each end was read strongly consistently, and whole: 104 units, 204 without events, and 3,300 with events of 128 KB
  it.each<[string, string | undefined]>([
    ["with small events", "1"],
    ["without events", undefined],
    ["with a last event of 128 KB each", JSON.stringify("x".repeat(128_000))],
  ])("reads at most 60 units in a new process, and at most 10 within a second: %s", async (_, json) => {
    const world = await setUp();
    const asked = await fill(world, 100, json);
    const log = await newProcess(world);
    const cold = await ping(world, asked, log);
    expect(Object.fromEntries(cold.healed.positions)).toEqual(Object.fromEntries(confirmed(asked)));
    expect(cold.calls).toEqual({ Query: 101 });
    expect(cold.readUnits).toBeLessThanOrEqual(60);
    const warm = await ping(world, asked, log);
    expect(Object.fromEntries(warm.healed.positions)).toEqual(Object.fromEntries(confirmed(asked)));
    expect(warm.calls).toEqual({ Query: 1 });
    expect(warm.readUnits).toBeLessThanOrEqual(10);
    expect(cold.writeUnits + warm.writeUnits).toBe(0);
  });

  it("reads large last events once in a process, ten with each PING, and then only what follows them", async () => {
    const world = await setUp();
    const asked = await fill(world, 30, JSON.stringify("x".repeat(128_000)));
    const log = await newProcess(world);
    const large: boolean[] = [];
    for (let pings = 0; pings < 5; pings++) {
      const { healed, readUnits } = await ping(world, asked, log);
      expect(Object.fromEntries(healed.positions)).toEqual(Object.fromEntries(confirmed(asked)));
      large.push(readUnits > 150);
      world.clock.advance(60_000);
    }
    expect(large).toEqual([false, true, true, true, false]);
  });
});

it("learns by strongly consistent reads that it is ahead of the log, or behind it", async () => {
  const world = await setUp();
  const asked = await fill(world, 3, "1");
  const [behind, ahead, current] = [...asked.keys()] as [string, string, string];
  const { epoch } = asked.get(behind) as Position;
  const other = asked.get(ahead) as Position;
  const stated = new Map(asked).set(behind, { epoch, offset: 0 }).set(ahead, { ...other, offset: 2 });
  const { healed } = await ping(world, stated, await newProcess(world));
  expect(Object.fromEntries(healed.positions)).toEqual({
    [behind]: { epoch, offset: 1, recovered: true },
    [ahead]: { ...other, recovered: false },
    [current]: { ...asked.get(current), recovered: true },
  });
  expect(offsetsIn(healed.frames)).toEqual([1]);
});

it("reads at most ten rows of a connection for each topic of the PING, and then looks up the topic itself", async () => {
  const world = await setUp();
  const asked = await fill(world, 200);
  const last = new Map([...asked].toSorted(([one], [other]) => (one < other ? -1 : 1)).slice(-1));
  const { healed, calls, readUnits } = await ping(world, last, await newProcess(world));
  expect([...healed.positions]).toEqual(confirmed(last));
  expect(calls).toEqual({ Query: 2, GetItem: 1 });
  expect(readUnits).toBeLessThanOrEqual(5);
});

it("reads more rows than fit into one page of DynamoDB", async () => {
  const { ports, connectionId } = await setUp();
  const topics = Array.from({ length: 990 }, (_, n) => `${n}-`.padEnd(500, "x"));
  await putAll(
    ports.subscriptions,
    topics.map((topicId) => subscriptionOf(connectionId, topicId)),
  );
  const consumer = consumerOf(connectionId);
  const { topicIds, complete } = await ports.subscriptions.liveTopicsOf({ consumer, limit: 1_000 });
  expect([...topicIds].toSorted()).toEqual(topics.toSorted());
  expect(complete).toBe(true);
});
