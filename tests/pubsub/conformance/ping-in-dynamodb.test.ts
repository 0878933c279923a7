/** Counts what a PING costs: it used to take two to four calls for each topic, one after the other. */
import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { currentPosition } from "../../../packages/pubsub/src/core/log/position.ts";
import type { Clock, Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf, eventToAppend, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { putAll } from "./subscriptions-set-up.ts";

const table = sharedTestTable();
const settings = { retentionSeconds: 3_600 };
const endsAtMs = Number.POSITIVE_INFINITY;

async function setUp(): Promise<{
  ports: Pick<Ports, "log" | "subscriptions" | "observe"> & { clock: Clock };
  connectionId: string;
  counted: CountedRequests;
}> {
  const clock = createManualClock();
  const log = createDynamodbTopicLog(await table(), clock);
  const subscriptions = createDynamodbSubscriptions(await table(), clock);
  const counted = countRequests((await table()).client);
  onTestFinished(counted.stop);
  const observe = (event: object): void => expect.fail(JSON.stringify(event));
  return { ports: { log, subscriptions, clock, observe }, connectionId: randomUUID(), counted };
}

const topicsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `${randomUUID()}-${n}`);

/** Returns how often each operation was requested. */
const tally = (requests: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(requests, (name) => name)].map(([name, all]) => [name, all.length]));

describe("a PING of 100 quiet topics", () => {
  it.each<[string, boolean, Record<string, number>]>([
    ["with events", true, { Query: 101 }],
    ["without events", false, { Query: 101, GetItem: 100 }],
  ])(
    "makes one query of the connection's rows, and no call for each of them: %s",
    async (_, withEvents, calls) => {
      const { ports, connectionId, counted } = await setUp();
      const topics = topicsOf(100);
      const asked = new Map<string, Position>();
      await Promise.all(
        topics.map(async (topicId) => {
          const { epoch } = await currentPosition(ports, topicId, settings);
          const events = [eventToAppend("p", { nowMs: ports.clock.now() })];
          if (withEvents) await ports.log.append({ topicId, epoch, offset: 1, events });
          asked.set(topicId, { epoch, offset: withEvents ? 1 : 0 });
        }),
      );
      await putAll(
        ports.subscriptions,
        topics.map((topicId) => subscriptionOf(connectionId, topicId)),
      );
      counted.take();
      const { positions } = await heal(
        ports,
        { consumer: consumerOf(connectionId), asked, endsAtMs },
        settings,
      );
      const expected = [...asked].map(([topicId, position]) => [topicId, { ...position, recovered: true }]);
      expect(Object.fromEntries(positions)).toEqual(Object.fromEntries(expected));
      const { requests } = counted.take();
      expect(tally(requests)).toEqual(calls);
      // The rows come first: nothing else is read for topics that the connection does not have
      expect(requests[0]).toBe("Query");
    },
  );
});

it("reads at most ten rows of a connection for each topic of the PING, and then looks up the topic itself", async () => {
  const { ports, connectionId, counted } = await setUp();
  const topics = topicsOf(200);
  await putAll(
    ports.subscriptions,
    topics.map((topicId) => subscriptionOf(connectionId, topicId)),
  );
  const topicId = topics.toSorted().at(-1) ?? "";
  const position = await currentPosition(ports, topicId, settings);
  counted.take();
  const asked = new Map([[topicId, position]]);
  const { positions } = await heal(ports, { consumer: consumerOf(connectionId), asked, endsAtMs }, settings);
  expect([...positions]).toEqual([[topicId, { ...position, recovered: true }]]);
  const { requests, readUnits } = counted.take();
  expect(tally(requests)).toEqual({ Query: 2, GetItem: 2 });
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
