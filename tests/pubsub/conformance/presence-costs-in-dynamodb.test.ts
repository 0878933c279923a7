/** Counts what coming, leaving and a tick cost. docs/presence.md names the numbers. */
import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbLedger } from "../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { joinMembers } from "../../../packages/pubsub/src/core/presence/join.ts";
import { tick } from "../../../packages/pubsub/src/core/presence/tick.ts";
import { subscribeAtEnd, unsubscribe } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import { createMemoryQueue, type MemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf, DAY_SECONDS } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";

const LOG = { retentionSeconds: DAY_SECONDS };
const table = sharedTestTable();

interface SetUp {
  counted: CountedRequests;
  queue: MemoryQueue;
  come(userId: string): Promise<{ units: ReturnType<CountedRequests["take"]>; leave(): Promise<void> }>;
  tickNow(round?: number): Promise<void>;
}

async function setUp(): Promise<SetUp> {
  const clock = createManualClock();
  const connected = await table();
  const topicId = `room-${randomUUID()}`;
  const queue = createMemoryQueue(clock);
  const ports: Omit<Ports, "connections"> = {
    clock,
    queue,
    subscriptions: createDynamodbSubscriptions(connected, clock),
    log: createDynamodbTopicLog(connected, clock),
    ledger: createDynamodbLedger(connected, { clock, ...LOG }),
    observe: () => {},
  };
  const counted = countRequests(connected.client);
  onTestFinished(counted.stop);
  return {
    counted,
    queue,
    async come(userId) {
      const consumer = consumerOf(randomUUID());
      const request = { consumer, topicId, format: "event" as const, grant: { userId } };
      await subscribeAtEnd(ports, { ...request, presence: {} }, LOG);
      counted.take();
      await joinMembers(ports, { topicId, userId }, LOG);
      return {
        units: counted.take(),
        leave: async () => void (await unsubscribe(ports, { consumer, topicId })),
      };
    },
    tickNow: (round = 1) => tick(ports, { topicId, round, failures: 0 }, LOG),
  };
}

it("reads one event for whoever comes, and marks and sends a tick once for all who come within a second", async () => {
  const { come, tickNow, queue } = await setUp();
  await come("ada");
  await tickNow();
  const sent = queue.receive(10, 0).length;
  // The process knows that a tick is due
  const { units } = await come("ben");
  expect(units).toEqual({ requests: ["Query"], readUnits: 1, writeUnits: 0 });
  expect(queue.receive(10, 0)).toHaveLength(sent);
});

it("reads the newest event, the members and who left for a tick, and writes one event if that changes something", async () => {
  const { come, counted, tickNow } = await setUp();
  await come("ada");
  await tickNow();
  await come("ben");
  counted.take();
  await tickNow();
  expect(counted.take()).toEqual({
    requests: ["Query", "Query", "Query", "Query", "PutItem"],
    readUnits: 3.5,
    writeUnits: 1,
  });
  await tickNow();
  expect(counted.take()).toEqual({ requests: ["Query", "Query", "Query"], readUnits: 2.5, writeUnits: 0 });
});

it("writes who left and marks the tick for a leave, beside the two subscriptions", async () => {
  const { come, counted } = await setUp();
  const { leave } = await come("ada");
  const other = await come("ben");
  counted.take();
  await leave();
  expect(counted.take()).toEqual({
    requests: ["DeleteItem", "GetItem", "PutItem", "GetItem", "PutItem", "DeleteItem"],
    readUnits: 1.5,
    writeUnits: 6,
  });
  await other.leave();
  expect(counted.take()).toMatchObject({ requests: ["DeleteItem", "GetItem", "PutItem", "DeleteItem"] });
});
