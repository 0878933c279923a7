/**
 * A user with three tabs is put out while the clocks of two machines differ by 30 s: that of the process that revokes is
 * 30 s behind those that mint tokens and handle SUBSCRIBE. With a tolerance of 5 s, a token that was minted before the
 * revocation looked newer than it, and let the user in again.
 */
import { randomUUID } from "node:crypto";
import {
  type Consumer,
  disconnect,
  listSubscribers,
  publishToTopic,
  revoke,
  subscribeToTopic,
} from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { createPubsubClient, type PubsubClientError } from "lambda-websocket-pubsub-client";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connect, type TestSocket } from "../support/sockets.ts";

const AHEAD_MS = 30_000;
const secret = `secret-${randomUUID()}`;
const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-clock-ahead") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
}));

/** Mints a token by a clock that is 30 s ahead of this process's. */
async function mint(topicId: string, subject: string): Promise<string> {
  vi.setSystemTime(Date.now() + AHEAD_MS);
  try {
    return await mintTopicToken({ topicId, secret, subject, expiresInSeconds: 600 });
  } finally {
    vi.useRealTimers();
  }
}

async function subscribed(topicId: string, token: string): Promise<TestSocket> {
  const socket = await connect(local.stack);
  const answer = await socket.request({ action: "SUBSCRIBE", topicId, token });
  expect(answer).toMatchObject({ type: "SUBSCRIBED" });
  return socket;
}

/** Connects with a token in the URL. */
const connectWith = (topicId: string, token: string): Promise<TestSocket> =>
  connect({ websocketUrl: `${local.stack.websocketUrl}?${new URLSearchParams({ topicId, token })}` });

const listed = (topicId: string): Promise<Consumer[]> =>
  collect(listSubscribers({ topicId, config: local.config }));

const REFUSED = {
  type: "ERROR",
  code: expect.stringMatching(/^(FORBIDDEN|AUTHORIZE_FAILED)$/),
};

it("posts nothing to the three tabs of a revoked user, and keeps the old token out on old and new connections", async () => {
  const topicId = `room-${randomUUID()}`;
  const token = await mint(topicId, "ada");
  const tabs: TestSocket[] = [];
  for (let tab = 0; tab < 3; tab++) tabs.push(await subscribed(topicId, token));
  const bob = await subscribed(topicId, await mint(topicId, "bob"));
  await publishToTopic({ topicId, data: "before", config: local.config });
  await eventually(() => {
    for (const { received } of [...tabs, bob]) expect(received).toEqual(["before"]);
  });
  await revoke({ userId: "ada", config: local.config });
  for (const socket of [...tabs, await connect(local.stack)]) {
    expect(await socket.request({ action: "SUBSCRIBE", topicId, token })).toMatchObject(REFUSED);
  }
  await publishToTopic({ topicId, data: "later", config: local.config });
  await eventually(() => expect(bob.received).toEqual(["before", "later"]));
  for (const tab of tabs) {
    await tab.settle();
    expect(tab.received).toEqual(["before"]);
  }
  await eventually(async () => expect(await listed(topicId)).toHaveLength(1));
});

it("disconnects three tabs of a user, whose clients end with CONNECTION_REFUSED and whose old token gets 403 at CONNECT", async () => {
  const topicId = `room-${randomUUID()}`;
  const userId = `ada-${randomUUID()}`;
  const token = await mint(topicId, userId);
  const opened: string[] = [];
  class Counted extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      opened.push(url);
    }
  }
  const ends: PubsubClientError[] = [];
  const clients = [1, 2, 3].map(() => {
    const client = createPubsubClient({ url: local.stack.websocketUrl, webSocket: Counted as never });
    onTestFinished(() => client.close());
    return client;
  });
  await Promise.all(
    clients.map(
      (client) => client.subscribe(topicId, () => {}, { token, onEnd: (error) => ends.push(error) }).ready,
    ),
  );
  const bob = await subscribed(topicId, await mint(topicId, "bob"));
  const reason = "Your account was closed.";
  expect(await disconnect({ userId, reason, config: local.config })).toEqual({ closed: 3, gone: 0 });
  await eventually(() => expect(ends).toHaveLength(3));
  for (const end of ends) {
    expect(end).toMatchObject({
      code: "CONNECTION_REFUSED",
      message: `DISCONNECTED: ${reason}`,
      context: { code: "DISCONNECTED" },
    });
  }
  expect(clients.map(({ state }) => state)).toEqual(["closed", "closed", "closed"]);
  expect(opened).toHaveLength(3);
  const rows = (await readRows(local, `user#${userId}`)).map(({ u }) => u?.S);
  expect(rows).toEqual(["revoked"]);
  await expect(connectWith(topicId, token)).rejects.toThrow("403");
  (await connectWith(topicId, await mint(topicId, "bob"))).socket.close();
  // A connection without a token in its URL is nobody's, and its SUBSCRIBE is refused with the old token
  const [client] = clients;
  if (!client) throw new Error("no client");
  client.reconnect();
  const late = await connect(local.stack);
  for (const socket of [late, late]) {
    expect(await socket.request({ action: "SUBSCRIBE", topicId, token })).toMatchObject(REFUSED);
  }
  client.close();
  await publishToTopic({ topicId, data: "later", config: local.config });
  await eventually(() => expect(bob.received).toEqual(["later"]));
  await eventually(async () => expect(await listed(topicId)).toHaveLength(1));
  // The refused SUBSCRIBE said whose connection it is, so that a second call finds it
  expect(await disconnect({ userId, config: local.config })).toEqual({ closed: 1, gone: 0 });
  await late.closed;
});

it("disconnects one connection with a message and a close frame, and keeps the user's other one", async () => {
  const topicId = `room-${randomUUID()}`;
  const userId = `ada-${randomUUID()}`;
  const token = await mint(topicId, userId);
  const one = await subscribed(topicId, token);
  const [consumer] = await eventually(async () => {
    const found = await listed(topicId);
    expect(found).toHaveLength(1);
    return found;
  });
  if (!consumer) throw new Error("no consumer");
  const two = await subscribed(topicId, token);
  expect(await disconnect({ consumer, config: local.config })).toEqual({ closed: 1, gone: 0 });
  await one.closed;
  expect(one.received.map((text) => JSON.parse(text) as unknown)).toEqual([
    { type: "ERROR", code: "DISCONNECTED", message: "the server closed this connection for good" },
  ]);
  await publishToTopic({ topicId, data: "still", config: local.config });
  await eventually(() => expect(two.received).toEqual(["still"]));
  expect(await disconnect({ consumer, config: local.config })).toEqual({ closed: 0, gone: 1 });
  const late = subscribeToTopic({ consumer, topicId, config: local.config });
  await expect(late).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
});
