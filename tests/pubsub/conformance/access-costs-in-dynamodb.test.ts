/** Counts what the checks of a SUBSCRIBE, the end of a connection and a revocation cost. docs/security.md names the numbers. */
import { randomUUID } from "node:crypto";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { consumerKey, userKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import {
  type AccessCheck,
  checkAccess,
  checkStanding,
} from "../../../packages/pubsub/src/core/subscriptions/check-access.ts";
import { endConnection } from "../../../packages/pubsub/src/core/subscriptions/end-connection.ts";
import { revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import { writeSubscription } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createIdentityReader } from "../../../packages/pubsub/src/handlers/connection-user.ts";
import { identifyConnection } from "../../../packages/pubsub/src/handlers/identify-connection.ts";
import { createMemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { type CountedRequests, countRequests } from "../../support/count-requests.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf, rejectionOf, subscriptionOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";

const table = sharedTestTable();

async function setUp(): Promise<{
  clock: ManualClock;
  consumer: Consumer;
  ports: Pick<Ports, "subscriptions" | "queue" | "observe"> & { clock: ManualClock };
  counted: CountedRequests;
  check(changes?: Partial<AccessCheck>): Promise<unknown>;
}> {
  const clock = createManualClock();
  const consumer = consumerOf(randomUUID());
  const connected = await table();
  const subscriptions = createDynamodbSubscriptions(connected, clock);
  await subscriptions.put(subscriptionOf(consumer.connectionId, "t"));
  const counted = countRequests(connected.client);
  onTestFinished(counted.stop);
  const asked = {
    consumer,
    topicId: "t",
    decidedAtMs: clock.now(),
    userId: undefined,
    connectionUntilSeconds: clock.now() / 1_000 + 7_800,
    maxSubscriptions: 100,
  };
  return {
    clock,
    consumer,
    ports: { clock, subscriptions, queue: createMemoryQueue(clock), observe: () => {} },
    counted,
    check: (changes = {}) => checkAccess({ subscriptions, clock }, { ...asked, ...changes }),
  };
}

it("checks a SUBSCRIBE without a user by the one read that counts its subscriptions", async () => {
  const { counted, check } = await setUp();
  await check();
  expect(counted.take()).toEqual({ requests: ["Query"], readUnits: 1, writeUnits: 0 });
  await check({ maxSubscriptions: Number.POSITIVE_INFINITY });
  expect(counted.take()).toMatchObject({ requests: ["Query"], writeUnits: 0 });
});

it("writes three units on a user's first SUBSCRIBE of a connection, and reads one more on each", async () => {
  const { counted, check } = await setUp();
  const userId = `user-${randomUUID()}`;
  await check({ userId });
  // The row of the connection is in the index too
  const first = { requests: ["Query", "PutItem", "PutItem", "Query"], writeUnits: 3 };
  expect(counted.take()).toMatchObject(first);
  await check({ userId });
  // DynamoDB Local counts nothing for a query that finds nothing. AWS counts one unit
  expect(counted.take()).toMatchObject({ requests: ["Query", "Query"], writeUnits: 0 });
});

it("checks a PUBLISH by one read of the connection's rows, and with a user by one more, and writes nothing", async () => {
  const { counted, ports, consumer } = await setUp();
  const asked = { consumer, topicId: "t" };
  await checkStanding(ports, asked);
  // Its subscriptions are not among the rows, and DynamoDB Local counts nothing for a query that finds nothing
  expect(counted.take()).toMatchObject({ requests: ["Query"], writeUnits: 0 });
  const grant = { userId: `user-${randomUUID()}` };
  await checkStanding(ports, { ...asked, grant });
  expect(counted.take()).toMatchObject({ requests: ["Query", "Query"], writeUnits: 0 });
  await revoke(ports, { ...grant, topicId: "t" });
  expect(await rejectionOf(checkStanding(ports, { ...asked, grant }))).toMatchObject({
    code: "ACCESS_REVOKED",
  });
  await checkStanding(ports, { ...asked, grant, topicId: "other" });
  await revoke(ports, { consumer });
  expect(await rejectionOf(checkStanding(ports, asked))).toMatchObject({ code: "ACCESS_REVOKED" });
});

it("marks the end of a connection by one write unit, whatever it was subscribed to", async () => {
  const { ports, consumer, counted, check } = await setUp();
  await endConnection(ports, consumer);
  const ended = { requests: ["PutItem", "Query", "DeleteItem"], readUnits: 1, writeUnits: 3 };
  expect(counted.take()).toEqual(ended);
  await endConnection(ports, consumer);
  expect(counted.take()).toMatchObject({ requests: ["PutItem", "Query"], writeUnits: 1 });
  expect(await rejectionOf(check())).toMatchObject({ code: "CONNECTION_ENDED" });
});

it("revokes by one write unit, and by three for each subscription", async () => {
  const { ports, consumer, counted, check } = await setUp();
  const userId = `user-${randomUUID()}`;
  await check({ userId });
  counted.take();
  await revoke(ports, { userId });
  expect(counted.take()).toEqual({
    requests: ["PutItem", "Query", "Query", "PutItem", "DeleteItem"],
    readUnits: 2,
    writeUnits: 4,
  });
  expect(await ports.subscriptions.find({ consumer, topicId: "t" })).toBeUndefined();
});

// In doubt nobody gets in: such a row is written by hand, or by a later version
it("takes a revocation that does not say when for one of all times", async () => {
  const { client, tableName } = await table();
  const { consumer, check } = await setUp();
  const userId = `user-${randomUUID()}`;
  await client.send(
    new PutItemCommand({ TableName: tableName, Item: { p: { S: userKey(userId) }, u: { S: "revoked" } } }),
  );
  expect(await rejectionOf(check({ userId }))).toMatchObject({ code: "ACCESS_REVOKED" });
  await check();
  const Item = { p: { S: consumerKey(consumer) }, u: { S: "revoked#t" }, revokedAt: { S: "today" } };
  await client.send(new PutItemCommand({ TableName: tableName, Item }));
  expect(await rejectionOf(check())).toMatchObject({ code: "ACCESS_REVOKED" });
});

it("ignores rows of the connection that it does not know", async () => {
  const { client, tableName } = await table();
  const { consumer, check } = await setUp();
  for (const u of ["brake", "unknown#row", "zzz"]) {
    const Item = { p: { S: consumerKey(consumer) }, u: { S: u }, revokedAt: { N: "9999999999999" } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  }
  await check({ maxSubscriptions: 1 });
});

it.each([
  ["off", ["PutItem", "PutItem", "Query"], 3],
  ["event", ["PutItem", "PutItem", "PutItem", "Query", "Query"], 5],
] as const)(
  "writes a connection's user in the handshake, and with userTopics %s makes these requests: %j",
  async (userTopics, requests, writeUnits) => {
    const { counted, consumer, ports } = await setUp();
    const userId = `user-${randomUUID()}`;
    const identified = { userTopics, userId, grant: { userId, info: '"Ada"' } };
    const log = createMemoryTopicLog(ports.clock);
    expect(await identifyConnection({ ...ports, log }, consumer, identified)).toBe("identified");
    expect(counted.take()).toMatchObject({ requests, writeUnits });
  },
);

it("reads one row for `user()`, and writes a subscription twice only if nobody asked for it before", async () => {
  const { clock, counted, consumer, ports } = await setUp();
  const identity = { userId: `user-${randomUUID()}`, decidedAtMs: 0 };
  const expiresAtSeconds = clock.now() / 1_000 + 60;
  await ports.subscriptions.identify({ consumer, userId: identity.userId, identity, expiresAtSeconds });
  counted.take();
  const reader = createIdentityReader(ports, consumer);
  await reader.user();
  await reader.user();
  expect(counted.take()).toEqual({ requests: ["GetItem"], readUnits: 1, writeUnits: 0 });
  const log = createMemoryTopicLog(clock);
  await writeSubscription({ ...ports, log }, { consumer, topicId: "t", identity: reader.known });
  expect(counted.take()).toMatchObject({ requests: ["PutItem", "Query", "Query"] });
  await ports.subscriptions.remove([{ consumer, topicId: "t" }]);
  counted.take();
  await writeSubscription({ ...ports, log }, { consumer, topicId: "t" });
  expect(counted.take()).toMatchObject({ requests: ["PutItem", "Query", "Query", "PutItem"], writeUnits: 4 });
});
