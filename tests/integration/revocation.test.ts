import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { decodeJwt } from "jose";
import { listSubscribers, publishToTopic, revoke, subscribeToTopic } from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connect, type Frame, type TestSocket } from "../support/sockets.ts";

const secret = `secret-${randomUUID()}`;
const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-topic-tokens") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
}));

const mint = (topicId: string, subject: string, expiresInSeconds = 300): Promise<string> =>
  mintTopicToken({ topicId, secret, subject, expiresInSeconds });

async function subscribed(topicId: string, token: string): Promise<{ socket: TestSocket; answer: Frame }> {
  const socket = await connect(local.stack);
  const answer = await socket.request({ action: "SUBSCRIBE", topicId, token });
  expect(answer).toMatchObject({ type: "SUBSCRIBED" });
  return { socket, answer };
}

/** Dates a revocation back, so that a test need not wait until clocks that differ agree that it is over. */
async function makeOlder(userId: string, topicId: string, byMs: number): Promise<void> {
  await local.dynamodb.send(
    new UpdateItemCommand({
      TableName: local.config.dynamodbTableName,
      Key: { p: { S: `user#${userId}` }, u: { S: `revoked#${topicId}` } },
      UpdateExpression: "SET revokedAt = revokedAt - :by",
      ConditionExpression: "attribute_exists(revokedAt)",
      ExpressionAttributeValues: { ":by": { N: String(byMs) } },
    }),
  );
}

const isListed = async (topicId: string): Promise<number> =>
  (await collect(listSubscribers({ topicId, config: local.config }))).length;

// The subscription used to live for as long as the connection, up to two hours
it("ends a subscription when its token expires, which SUBSCRIBED says, and another's goes on", async () => {
  const topicId = `room-${randomUUID()}`;
  // First, because it waits for a function's cold start
  const bob = await subscribed(topicId, await mint(topicId, "bob"));
  const short = await mint(topicId, "ada", 10);
  const { exp = 0 } = decodeJwt(short);
  const ada = await subscribed(topicId, short);
  expect(ada.answer.expiresAt).toBe(exp);
  await delay(Math.max(0, exp * 1_000 - Date.now()));
  await eventually(async () => expect(await isListed(topicId)).toBe(1));
  await publishToTopic({ topicId, data: "later", config: local.config });
  await eventually(() => expect(bob.socket.received).toEqual(["later"]));
  await ada.socket.settle();
  expect(ada.socket.received).toEqual([]);
  const ping = { action: "PING", positions: { [topicId]: { epoch: ada.answer.epoch, offset: 0 } } };
  expect(await ada.socket.request(ping)).toMatchObject({ positions: { [topicId]: { subscribed: false } } });
  const again = await ada.socket.request({ action: "SUBSCRIBE", topicId, token: short });
  expect(again).toMatchObject({ type: "ERROR", code: "FORBIDDEN" });
});

// The same token used to let the user in again until it expired, on any connection
it("puts out a user on all connections, keeps the token out, and lets a later token in", async () => {
  const [topicId, other] = [`room-${randomUUID()}`, `hall-${randomUUID()}`];
  const userId = `ada-${randomUUID()}`;
  const token = await mint(topicId, userId);
  const mine = [await subscribed(topicId, token), await subscribed(topicId, token)];
  const hall = await subscribed(other, await mint(other, userId));
  const bob = await subscribed(topicId, await mint(topicId, "bob"));
  await revoke({ userId, topicId, config: local.config });
  await publishToTopic({ topicId, data: "later", config: local.config });
  await publishToTopic({ topicId: other, data: "still", config: local.config });
  await eventually(() => expect(bob.socket.received).toEqual(["later"]));
  await eventually(() => expect(hall.socket.received).toEqual(["still"]));
  for (const socket of [...mine.map((each) => each.socket), await connect(local.stack)]) {
    const again = await socket.request({ action: "SUBSCRIBE", topicId, token });
    expect(again).toMatchObject({ type: "ERROR", code: "FORBIDDEN" });
    expect(socket.received).toEqual([]);
  }
  expect(await isListed(topicId)).toBe(1);
  await makeOlder(userId, topicId, 31_000);
  await subscribed(topicId, await mint(topicId, userId));
});

it("finds a subscriber of a back end by user and by connection", async () => {
  const topicId = `room-${randomUUID()}`;
  const { socket } = await subscribed(topicId, await mint(topicId, "ada"));
  const [consumer] = await collect(listSubscribers({ topicId, config: local.config }));
  if (!consumer) throw new Error("no subscriber");
  const [a, b] = [`a-${topicId}`, `b-${topicId}`];
  const userId = `ada-${topicId}`;
  await subscribeToTopic({ consumer, topicId: a, userId, config: local.config });
  await subscribeToTopic({
    consumer,
    topicId: b,
    expiresAt: new Date(Date.now() + 60_000),
    config: local.config,
  });
  await revoke({ userId, topicId: a, config: local.config });
  await revoke({ consumer, topicId: b, config: local.config });
  const rows = await readRows(local, `consumer#`);
  const topics = rows.filter(({ p }) => p?.S?.endsWith(consumer.connectionId)).map(({ u }) => u?.S);
  expect(topics.filter((u) => u?.startsWith("topic#"))).toEqual([`topic#${topicId}`]);
  socket.socket.close();
  await eventually(async () => {
    const left = (await readRows(local, "consumer#")).filter(({ p }) =>
      p?.S?.endsWith(consumer.connectionId),
    );
    expect(left.map(({ u }) => u?.S)).toContain("ended");
    expect(left.filter(({ u }) => u?.S?.startsWith("topic#"))).toEqual([]);
  });
  const late = subscribeToTopic({ consumer, topicId: a, config: local.config });
  await expect(late).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
});
