/** History for new subscribers, subscriptions with latest, and publications to several topics, on the whole pipeline. */
import { randomUUID } from "node:crypto";
import {
  getPublicationStatus,
  getTopicPosition,
  type PublishResult,
  publishToTopic,
  publishToTopics,
  readTopicEvents,
} from "lambda-websocket-pubsub";
import { type CallSubject, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connect, eventsIn, type TestSocket } from "../support/sockets.ts";

const local = stackForFile();

const offsetsOf = ({ received }: TestSocket): number[] => eventsIn(received).map(({ offset }) => offset);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** Publishes events whose data are their offsets, in as few appends as possible. */
async function publish(topicId: string, from: number, to: number): Promise<PublishResult[]> {
  const results: PublishResult[] = [];
  for (let first = from; first <= to; first += 100) {
    const publications = range(first, Math.min(to, first + 99)).map((data) => ({ topicId, data }));
    for (const result of await publishToTopics({ publications, config: local.config })) {
      if ("error" in result) throw result.error;
      results.push(result);
    }
  }
  return results;
}

async function usageOf(act: () => Promise<unknown>): Promise<Usage> {
  const before = local.stack.usage();
  await act();
  return subtractUsage(local.stack.usage(), before);
}

describe("publishToTopics", () => {
  it("delivers to every topic with one request to the queue for ten topics, and keeps the order in each", async () => {
    const topics = range(1, 10).map((n) => `${randomUUID()}-${n}`);
    const client = await connect(local.stack);
    for (const topicId of topics) await client.request({ action: "SUBSCRIBE", topicId, format: "event" });
    // The first publication of a topic opens its epoch
    for (const topicId of topics)
      await publishToTopic({ topicId, data: [topicId, "first"], config: local.config });
    await fanoutIdle(local);
    const sent: string[] = [];
    const match = ({ operation }: CallSubject): boolean => {
      if (operation.startsWith("SendMessage")) sent.push(operation);
      return true;
    };
    onTestFinished(local.stack.faults.sqs({ match, delayMs: 0 }));
    const publications = ["a", "b"].flatMap((text) =>
      topics.map((topicId) => ({ topicId, data: [topicId, text] })),
    );
    const results = await publishToTopics({ publications, config: local.config });
    expect(results.map((result) => "offset" in result && [result.topicId, result.offset])).toEqual(
      [2, 3].flatMap((offset) => topics.map((topicId) => [topicId, offset])),
    );
    await eventually(() => expect(eventsIn(client.received)).toHaveLength(30));
    for (const topicId of topics) {
      const mine = eventsIn(client.received).flatMap(({ data }) => {
        const [ofTopic, text] = data as [string, string];
        return ofTopic === topicId ? [text] : [];
      });
      expect(mine).toEqual(["first", "a", "b"]);
    }
    // One by one they would be 20. A topic whose append is slow may come with a request of its own
    expect(sent.length).toBeLessThanOrEqual(10);
    expect(sent).toContain("SendMessageBatch");
  });

  it("publishes once what is repeated with the same publication ids", async () => {
    const topicId = randomUUID();
    const publications = [1, 2].map((data) => ({ topicId, data, publicationId: `p-${data}` }));
    const first = await publishToTopics({ publications, config: local.config });
    const again = await publishToTopics({ publications, config: local.config });
    expect(again).toEqual(first.map((result) => ({ ...result, duplicate: true })));
    const events = await collect(readTopicEvents({ topicId, config: local.config }));
    expect(events.map(({ data }) => data)).toEqual([1, 2]);
  });
});

describe("getTopicPosition", () => {
  it("returns the position of the last event, after which a client that subscribes since it misses nothing", async () => {
    const topicId = randomUUID();
    const before = await getTopicPosition({ topicId, config: local.config });
    expect(before.offset).toBe(0);
    const [published] = await publish(topicId, 1, 3);
    expect(published?.epoch).toBe(before.epoch);
    const since = await getTopicPosition({ topicId, config: local.config });
    expect(since).toEqual({ epoch: before.epoch, offset: 3 });
    await publish(topicId, 4, 5);
    await fanoutIdle(local);
    const client = await connect(local.stack);
    await client.request({ action: "SUBSCRIBE", topicId, format: "event", since });
    await eventually(() => expect(offsetsOf(client)).toEqual([4, 5]));
  });
});

describe("the newest events of a topic", () => {
  it("come in ascending order to a reader and to a new subscriber, which then gets live events", async () => {
    const topicId = randomUUID();
    await publish(topicId, 1, 300);
    await fanoutIdle(local);
    const read = await collect(readTopicEvents({ topicId, last: 50, config: local.config }));
    expect(read.map(({ offset, data }) => [offset, data])).toEqual(range(251, 300).map((n) => [n, n]));
    const client = await connect(local.stack);
    const queries: object[] = [];
    const match = ({ operation, body }: CallSubject): boolean => {
      if (operation === "Query" && JSON.stringify(body).includes(topicId)) queries.push(body as object);
      return true;
    };
    const stop = local.stack.faults.dynamodb({ match, delayMs: 0 });
    const answer = await client.request({ action: "SUBSCRIBE", topicId, format: "event", last: 50 });
    expect(answer).toMatchObject({ offset: 300, recovered: true, from: { offset: 250 } });
    expect(answer).not.toHaveProperty("truncated");
    await eventually(() => expect(offsetsOf(client)).toEqual(range(251, 300)));
    stop();
    // The end of the log, and its newest 50 events
    const ofEvents = queries.filter((query) => JSON.stringify(query).includes("event#"));
    expect(ofEvents).toMatchObject([
      { Limit: 1 },
      { Limit: 50, ScanIndexForward: false, ConsistentRead: false },
    ]);
    await publish(topicId, 301, 302);
    await eventually(() => expect(offsetsOf(client)).toEqual(range(251, 302)));
  });

  it("come as the data itself, in order, to a subscriber of the format data", async () => {
    const topicId = randomUUID();
    await publish(topicId, 1, 30);
    await fanoutIdle(local);
    const client = await connect(local.stack);
    const answer = await client.request({ action: "SUBSCRIBE", topicId, last: 10 });
    expect(answer).toMatchObject({ offset: 30, from: { offset: 20 } });
    await eventually(() => expect(client.received).toEqual(range(21, 30).map(String)));
  });
});

describe("what a SUBSCRIBE takes", () => {
  it("is one query more with last, of half a unit for each 4 KB, and without it what it was", async () => {
    const topicId = randomUUID();
    await publish(topicId, 1, 200);
    await fanoutIdle(local);
    const client = await connect(local.stack);
    const subscribe = { action: "SUBSCRIBE", topicId, format: "event" };
    const plain = await usageOf(() => client.request(subscribe));
    // The subscription and its copy in the index; the connection's rows and the end of the log
    expect(plain.dynamodb).toMatchObject({ writeUnits: 2, readUnits: 2 });
    expect(plain.apiGateway.messages).toBe(2);
    const withLast = await usageOf(async () => {
      await client.request({ ...subscribe, last: 50 });
      await eventually(() => expect(offsetsOf(client)).toHaveLength(50));
    });
    expect(withLast.dynamodb.writeUnits).toBe(2);
    expect(withLast.dynamodb.readUnits).toBeGreaterThan(2);
    expect(withLast.dynamodb.readUnits).toBeLessThanOrEqual(4);
    expect(withLast.apiGateway.messages).toBe(3);
  });
});

describe("a subscription with latest", () => {
  it("gets the newest of the events that are posted together, and so does its recovery", async () => {
    const topicId = randomUUID();
    const [latest, every] = [await connect(local.stack), await connect(local.stack)];
    await latest.request({ action: "SUBSCRIBE", topicId, format: "event", latest: true });
    const { epoch } = await every.request({ action: "SUBSCRIBE", topicId, format: "event" });
    // One append and one message for all of them
    const published = await publish(topicId, 1, 20);
    await eventually(() => expect(offsetsOf(every)).toEqual(range(1, 20)));
    await eventually(() => expect(offsetsOf(latest)).toEqual([20]));
    await fanoutIdle(local);
    for (const { offset } of [published[0], published[19]] as PublishResult[]) {
      const status = await getPublicationStatus({
        topicId,
        epoch: String(epoch),
        offset,
        config: local.config,
      });
      expect(status).toMatchObject({ state: "complete", delivered: 2, abandoned: 0 });
    }
    const pong = await latest.request({ action: "PING", positions: { [topicId]: { epoch, offset: 4 } } });
    expect(pong).toMatchObject({ positions: { [topicId]: { offset: 20, recovered: true } } });
    await eventually(() => expect(offsetsOf(latest)).toEqual([20, 20]));
    const back = await connect(local.stack);
    const since = { epoch, offset: 4 };
    const answer = await back.request({ action: "SUBSCRIBE", topicId, format: "event", latest: true, since });
    expect(answer).toMatchObject({ offset: 20, recovered: true });
    await eventually(() => expect(offsetsOf(back)).toEqual([20]));
  });
});
