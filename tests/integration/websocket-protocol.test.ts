import { randomUUID } from "node:crypto";
import { type PublishResult, publishToTopic } from "lambda-websocket-pubsub";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { connect, connectSubscriber, eventsIn, type TestSocket } from "../support/sockets.ts";

/** One environment handles one frame after the other, so a response implies that any earlier one has arrived. */
const local = stackForFile(() => ({ websocket: { maximumConcurrency: 1 } }));

const publish = (topicId: string, data: unknown): Promise<PublishResult> =>
  publishToTopic({ topicId, data, config: local.config });

/** Everything that the socket has received when no delivery is left. */
async function receivedBy(socket: TestSocket): Promise<string[]> {
  await fanoutIdle(local);
  await socket.settle();
  return socket.received;
}

async function subscriptionsTo(topicId: string): Promise<unknown[]> {
  const rows = await readRows(local, "consumer#");
  return rows.filter(({ u }) => u?.S === `topic#${topicId}`);
}

describe("SUBSCRIBE", () => {
  it("sends no response without a request id", async () => {
    const topicId = randomUUID();
    const socket = await connect(local.stack);
    socket.send({ action: "SUBSCRIBE", topicId });
    await eventually(async () => expect(await subscriptionsTo(topicId)).toHaveLength(1));
    await publish(topicId, "the first frame there is");
    expect(await receivedBy(socket)).toEqual(["the first frame there is"]);
  });

  it("responds with the position at which the subscription begins when it has a request id", async () => {
    const topicId = randomUUID();
    const socket = await connect(local.stack);
    const before = await socket.request({ action: "SUBSCRIBE", topicId });
    const epoch = expect.stringMatching(/^[0-9a-z]{9}$/);
    const requestId = "request-1";
    const recovered = true;
    expect(before).toEqual({ type: "SUBSCRIBED", requestId, topicId, epoch, offset: 0, recovered });
    const published = await publish(topicId, 1);
    expect(published).toMatchObject({ epoch: before.epoch, offset: 1 });
    const again = await socket.request({ action: "SUBSCRIBE", topicId });
    expect(again).toMatchObject({ epoch: before.epoch, offset: 1 });
    expect(await subscriptionsTo(topicId)).toHaveLength(1);
  });

  it.each([
    ["a string verbatim", 'say "hi" — ünïcode 🚀', 'say "hi" — ünïcode 🚀'],
    ["an empty object", {}, "{}"],
    ["an object as JSON", { text: "hello", nested: [1, null] }, '{"text":"hello","nested":[1,null]}'],
    ["a number", 42.5, "42.5"],
    ["null", null, "null"],
  ])("delivers data unchanged: %s", async (_, data, text) => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    await publish(topicId, data);
    expect(await receivedBy(socket)).toEqual([text]);
  });

  it("delivers EVENTS frames when it asks for the event format", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId, "event");
    const before = Date.now();
    const { epoch, publicationId } = await publish(topicId, { text: "hello" });
    const frames = (await receivedBy(socket)).map((text) => JSON.parse(text) as unknown);
    const event = { offset: 1, publicationId, publishedAt: expect.any(Number), data: { text: "hello" } };
    expect(frames).toEqual([{ type: "EVENTS", topicId, epoch, events: [event] }]);
    const { publishedAt } = (frames[0] as { events: { publishedAt: number }[] }).events[0] ?? {};
    expect(publishedAt).toBeGreaterThanOrEqual(before);
    expect(publishedAt).toBeLessThanOrEqual(Date.now());
  });

  it("delivers events that were published together in one frame", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId, "event");
    const plain = await connectSubscriber(local.stack, topicId, "data");
    await Promise.all(Array.from({ length: 30 }, (_, index) => publish(topicId, index)));
    const frames = await receivedBy(socket);
    expect(eventsIn(frames).map(({ data }) => data)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(frames.length).toBeLessThanOrEqual(3);
    expect(await receivedBy(plain)).toHaveLength(30);
  });

  it("changes the format when a client subscribes again in the other format", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId, "event");
    await socket.request({ action: "SUBSCRIBE", topicId });
    await publish(topicId, "bare");
    expect(await receivedBy(socket)).toEqual(["bare"]);
  });
});

describe("UNSUBSCRIBE", () => {
  it("ends one subscription and leaves the others", async () => {
    const [left, kept] = [randomUUID(), randomUUID()];
    const socket = await connectSubscriber(local.stack, left);
    await socket.request({ action: "SUBSCRIBE", topicId: kept });
    const answer = await socket.request({ action: "UNSUBSCRIBE", topicId: left });
    expect(answer).toEqual({ type: "UNSUBSCRIBED", requestId: expect.any(String), topicId: left });
    await eventually(async () => expect(await subscriptionsTo(left)).toEqual([]));
    await Promise.all([publish(left, "not for you"), publish(kept, "for you")]);
    expect(await receivedBy(socket)).toEqual(["for you"]);
  });

  it("changes nothing without a subscription, and sends no response without a request id", async () => {
    const socket = await connect(local.stack);
    const topicId = randomUUID();
    expect(await socket.request({ action: "UNSUBSCRIBE", topicId })).toMatchObject({ type: "UNSUBSCRIBED" });
    socket.send({ action: "UNSUBSCRIBE", topicId });
    expect(await receivedBy(socket)).toEqual([]);
  });
});

describe("PING", () => {
  it("responds with PONG and the request id, and sends no response without a request id", async () => {
    const socket = await connect(local.stack);
    socket.send({ action: "PING" });
    const answer = await socket.request({ action: "PING" });
    expect(answer).toEqual({ type: "PONG", requestId: "request-1" });
    expect(await receivedBy(socket)).toEqual([]);
  });
});

// The handler used to believe the first 410, and the client waited ten seconds for a response
describe("a response whose post gets a 410 although the client has just sent the request", () => {
  it.each([1, 3])("arrives, and the client is subscribed: %d times", async (times) => {
    const topicId = randomUUID();
    const socket = await connect(local.stack);
    const match = ({ body }: { body: Buffer }): boolean => body.includes(topicId);
    onTestFinished(local.stack.faults.post({ match, times, answer: { status: 410, body: "" } }));
    const answer = await socket.request({ action: "SUBSCRIBE", topicId });
    expect(answer).toMatchObject({ type: "SUBSCRIBED", topicId });
    await publish(topicId, "for you");
    expect(await receivedBy(socket)).toEqual(["for you"]);
  });
});

describe("a connection that ends", () => {
  it("removes only its own subscriptions", async () => {
    const topics = [randomUUID(), randomUUID(), randomUUID()];
    const [leaving, staying] = [await connect(local.stack), await connect(local.stack)];
    for (const topicId of topics) {
      await leaving.request({ action: "SUBSCRIBE", topicId });
      await staying.request({ action: "SUBSCRIBE", topicId });
    }
    leaving.socket.close();
    for (const topicId of topics) {
      await eventually(async () => expect(await subscriptionsTo(topicId)).toHaveLength(1));
    }
    await publish(topics[0] ?? "", "still there");
    expect(await receivedBy(staying)).toEqual(["still there"]);
    expect(leaving.received).toEqual([]);
  });
});
