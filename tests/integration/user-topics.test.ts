/** Several tabs of two users on the real functions, and what a back end publishes to one of them. */
import { randomUUID } from "node:crypto";
import {
  getPublicationStatus,
  listSubscribers,
  publishToUser,
  readTopicEvents,
  revoke,
} from "lambda-websocket-pubsub";
import {
  createPubsubClient,
  type PubsubClient,
  type PubsubClientError,
} from "lambda-websocket-pubsub-client";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connect, eventsIn, type TestSocket } from "../support/sockets.ts";

const local = stackForFile(() => ({ functions: { websocket: functionPath("websocket-users") } }));

const COUNT = 12;

const clients: PubsubClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const urlOf = (userId: string): string => `${local.stack.websocketUrl}?user=${userId}`;

const raw = (userId: string): Promise<TestSocket> => connect({ websocketUrl: urlOf(userId) });

interface Tab {
  seen: unknown[];
  errors: PubsubClientError[];
  /** Cuts the connection, without a close frame. */
  cut(): void;
  client: PubsubClient;
}

async function tab(userId: string): Promise<Tab> {
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const errors: PubsubClientError[] = [];
  const client = createPubsubClient({
    url: urlOf(userId),
    webSocket: Watched,
    onError: (error) => errors.push(error),
    backoff: { baseMs: 10, maxMs: 100 },
  });
  clients.push(client);
  const seen: unknown[] = [];
  await client.onUserEvent(({ topicId, data }) => seen.push([topicId, data])).ready;
  return { seen, errors, client, cut: () => sockets.at(-1)?.terminate() };
}

it("reaches every tab of the user once and in order, and nobody else", async () => {
  const [ada, bob] = [`ada-${randomUUID()}`, `bob-${randomUUID()}`];
  const [first, second, other] = await Promise.all([tab(ada), tab(ada), tab(bob)]);
  const [third, stranger] = await Promise.all([raw(ada), raw(bob)]);
  for (let n = 1; n <= COUNT; n++) await publishToUser({ userId: ada, data: n, config: local.config });
  const last = await publishToUser({ userId: ada, data: "last", publicationId: "p", config: local.config });
  const again = await publishToUser({ userId: ada, data: "last", publicationId: "p", config: local.config });
  expect(again).toEqual({ ...last, duplicate: true });
  const mine = [...Array.from({ length: COUNT }, (_, index) => index + 1), "last"];
  const expected = mine.map((data) => [`$user/${ada}`, data]);
  await eventually(() => {
    expect(first.seen).toEqual(expected);
    expect(second.seen).toEqual(expected);
    expect(eventsIn(third.received)).toHaveLength(mine.length);
  });
  await fanoutIdle(local);
  await Promise.all([third, stranger].map((socket) => socket.settle()));
  expect(first.seen).toEqual(expected);
  expect(second.seen).toEqual(expected);
  const received = eventsIn(third.received).sort((one, two) => one.offset - two.offset);
  expect(received.map(({ data }) => data)).toEqual(mine);
  expect({ other: other.seen, stranger: stranger.received }).toEqual({ other: [], stranger: [] });
  // The topic is one like any other: it has a log, a status and subscribers
  expect(await getPublicationStatus({ ...last, config: local.config })).toMatchObject({
    state: "complete",
    delivered: 3,
  });
  const log = await collect(readTopicEvents({ topicId: last.topicId, config: local.config }));
  expect(log.map(({ data }) => data)).toEqual(mine);
  const subscribers = await collect(listSubscribers({ topicId: last.topicId, config: local.config }));
  expect(subscribers.map(({ userId }) => userId)).toEqual([ada, ada, ada]);
});

it("gets a tab what was published while it was cut off, once and in order", async () => {
  const ada = `ada-${randomUUID()}`;
  const cutOff = await tab(ada);
  await publishToUser({ userId: ada, data: 1, config: local.config });
  await eventually(() => expect(cutOff.seen).toHaveLength(1));
  cutOff.cut();
  for (const data of [2, 3, 4]) await publishToUser({ userId: ada, data, config: local.config });
  await eventually(() => expect(cutOff.seen).toHaveLength(4));
  await publishToUser({ userId: ada, data: 5, config: local.config });
  await eventually(() => expect(cutOff.seen.length).toBeGreaterThanOrEqual(5));
  expect(cutOff.seen.map((each) => (each as unknown[])[1])).toEqual([1, 2, 3, 4, 5]);
});

it("replays the newest events to a new tab that asks for them", async () => {
  const ada = `ada-${randomUUID()}`;
  for (const data of [1, 2, 3]) await publishToUser({ userId: ada, data, config: local.config });
  const { client } = await tab(ada);
  const seen: unknown[] = [];
  client.onUserEvent(({ data }) => seen.push(data), { last: 2 });
  await eventually(() => expect(seen).toEqual([2, 3]));
});

it("refuses the topic's name in a SUBSCRIBE and a PUBLISH, also of the user's own", async () => {
  const ada = `ada-${randomUUID()}`;
  const socket = await raw(ada);
  for (const frame of [{ action: "SUBSCRIBE" }, { action: "PUBLISH", data: 1 }]) {
    expect(await socket.request({ ...frame, topicId: `$user/${ada}` })).toMatchObject({
      type: "ERROR",
      code: "INVALID_TOPIC_ID",
      message: expect.stringContaining("which is reserved"),
    });
  }
});

it("refuses a connection without a user, in words and by ending the client's subscription", async () => {
  const socket = await connect(local.stack);
  const answer = await socket.request({ action: "SUBSCRIBE", user: true, format: "event" });
  expect(answer).toMatchObject({ type: "ERROR", code: "FORBIDDEN" });
  expect(await socket.request({ action: "SUBSCRIBE", topicId: randomUUID() })).toMatchObject({
    code: "FORBIDDEN",
  });
});

it("reaches no tab after the user was revoked, and lets no SUBSCRIBE back in", async () => {
  const ada = `ada-${randomUUID()}`;
  const socket = await raw(ada);
  const topicId = randomUUID();
  expect(await socket.request({ action: "SUBSCRIBE", topicId })).toMatchObject({ type: "SUBSCRIBED" });
  await revoke({ userId: ada, config: local.config });
  const published = await publishToUser({ userId: ada, data: 1, config: local.config });
  await eventually(async () => {
    const status = await getPublicationStatus({ ...published, config: local.config });
    expect(status).toMatchObject({ state: "complete", delivered: 0 });
  });
  await socket.settle();
  expect(socket.received).toEqual([]);
  expect(await socket.request({ action: "SUBSCRIBE", user: true })).toMatchObject({ code: "FORBIDDEN" });
  const subscribers = await collect(listSubscribers({ topicId, config: local.config }));
  expect(subscribers).toEqual([]);
});
