/** The parts of the inspector without a server: what it sees of the stack, and what the page keeps of it. */
import { describe, expect, it } from "vitest";
import {
  createTopicStore,
  history,
  RECENT_MAX,
  rateOf,
  TOPICS_MAX,
} from "../../packages/local/page/src/data/topic-store.ts";
import { tapEvents } from "../../packages/local/src/inspector/event-tap.ts";
import { createHealthSampler } from "../../packages/local/src/inspector/health-samples.ts";
import { createLiveFeed } from "../../packages/local/src/inspector/live-feed.ts";
import { readMetricLine } from "../../packages/local/src/inspector/metric-lines.ts";
import { watchTopics } from "../../packages/local/src/inspector/watched-topics.ts";
import type { EventHead, LiveMessage } from "../../packages/local/src/inspector/wire.ts";
import { eventually } from "../support/eventually.ts";

const EPOCH = "0mwtlex2q";
const headAt = (offset: number, changes: Partial<EventHead> = {}): EventHead => ({
  topicId: "room-1",
  epoch: EPOCH,
  offset,
  publicationId: `p-${offset}`,
  publishedAt: 1_000,
  bytes: 5,
  ...changes,
});

describe("tapEvents", () => {
  const Item = {
    p: { S: "topic#room-1" },
    u: { S: `event#${EPOCH}#0000000000000007` },
    publicationId: { S: "p-7" },
    publishedAt: { N: "1000" },
    json: { S: '"abc"' },
  };
  const fence = { ...Item, publicationId: undefined };

  async function seen(target: string, body: unknown, status = 200): Promise<EventHead[]> {
    const events: EventHead[] = [];
    const hooks = { begin: (_: string, sent: Buffer) => ({ body: sent }) };
    const tapped = tapEvents(hooks, (found) => events.push(...found));
    const call = await tapped.begin(
      target,
      Buffer.from(JSON.stringify(body)),
      async () => ({ status: 200, body: "" }) as never,
    );
    await call.end?.({ status, ends: {} as never });
    return events;
  }

  it.each([
    ["PutItem", { Item }],
    ["BatchWriteItem", { RequestItems: { t: [{ PutRequest: { Item } }, { DeleteRequest: {} }] } }],
    [
      "TransactWriteItems",
      { TransactItems: [{ ConditionCheck: {} }, { Put: { Item } }, { Put: { Item: fence } }] },
    ],
  ])("reports the event that a %s has written", async (target, body) => {
    expect(await seen(target, body)).toEqual([headAt(7)]);
  });

  it("reports nothing of a refused write, of a read, of another row, and of a fence", async () => {
    expect(await seen("PutItem", { Item }, 400)).toEqual([]);
    expect(await seen("Query", { ExpressionAttributeValues: { ":u": Item.u }, Item })).toEqual([]);
    expect(await seen("PutItem", { Item: { ...Item, u: { S: "publication#event#" } } })).toEqual([]);
    expect(await seen("PutItem", { Item: fence })).toEqual([]);
  });
});

describe("createLiveFeed", () => {
  it("sends the last events to a page that connects, and at most 500 of a batch, counting the others", async () => {
    const feed = createLiveFeed();
    feed.add([headAt(1)]);
    const messages: LiveMessage[] = [];
    const close = feed.open((message) => messages.push(message));
    expect(messages).toEqual([{ events: [headAt(1)], left: 0 }]);
    feed.add(Array.from({ length: 600 }, (_, index) => headAt(index + 2)));
    feed.add([headAt(700)]);
    await eventually(() => expect(messages).toHaveLength(2));
    expect(messages[1]).toMatchObject({ left: 101 });
    close();
  });
});

describe("watchTopics", () => {
  it("sends the newest events first, then only those after them, and says what failed", async () => {
    const sent: LiveMessage[] = [];
    const asked: unknown[] = [];
    const stop = watchTopics(
      {
        async log(request) {
          asked.push(request);
          if (asked.length > 2) throw new Error("throttled");
          return request.after ? [headAt(9)] : [headAt(7), headAt(8)];
        },
      },
      ["room-1"],
      (message) => sent.push(message),
    );
    await eventually(() => expect(sent).toHaveLength(3));
    stop();
    expect(sent).toEqual([
      { events: [headAt(7), headAt(8)], left: 0 },
      { events: [headAt(9)], left: 0 },
      { problem: "throttled" },
    ]);
    expect(asked[1]).toMatchObject({ after: { epoch: EPOCH, offset: 8 } });
  });
});

describe("the health", () => {
  it("reads post latencies and the rate limit from a line of metrics, and from no other line", () => {
    expect(readMetricLine('{"_aws":{},"PostLatency":[3,4],"postsPerSecondMax":"250"}')).toEqual({
      postLatenciesMs: [3, 4],
      postsPerSecondMax: 250,
    });
    expect(readMetricLine('{"_aws":{},"PostLatency":7}')).toEqual({ postLatenciesMs: [7] });
    for (const line of [
      "",
      "PostLatency",
      '{"PostLatency":[1]}',
      '{"_aws":',
      '{"_aws":{},"PostLatency":"x"}x',
    ]) {
      expect(readMetricLine(line)).toBeUndefined();
    }
  });

  it("counts what happened since the sample before, with quantiles that were measured", () => {
    let nowMs = 0;
    const sampler = createHealthSampler(() => nowMs);
    sampler.latencies(Array.from({ length: 100 }, (_, index) => index + 1));
    sampler.publications(3);
    sampler.queueAge(40);
    sampler.queueAge(20);
    const gauges = { connections: 2, batchesInFlight: 1 };
    nowMs = 1_000;
    sampler.sample({ delivered: 10, gone: 1, throttled: 2, failed: 0 }, gauges);
    nowMs = 3_000;
    sampler.sample({ delivered: 15, gone: 1, throttled: 2, failed: 0 }, gauges);
    expect(sampler.after(0)).toEqual([
      {
        ...{ atMs: 1_000, seconds: 1, delivered: 10, gone: 1, throttled: 2, failed: 0, publications: 3 },
        ...gauges,
        latencyMs: { p50: 50, p90: 90, p99: 99 },
        queueAgeMs: 40,
      },
      { atMs: 3_000, seconds: 2, delivered: 5, gone: 0, throttled: 0, failed: 0, publications: 0, ...gauges },
    ]);
    expect(sampler.after(1_000)).toHaveLength(1);
  });
});

describe("the page's store of topics", () => {
  it("has the rate of the last ten seconds, and forgets what is older than a minute", () => {
    const store = createTopicStore();
    const nowMs = 1_000_000;
    store.add(
      Array.from({ length: 30 }, (_, index) => headAt(index + 1, { publishedAt: nowMs })),
      nowMs,
    );
    const row = store.topics.get("room-1");
    if (!row) throw new Error("no topic");
    expect(rateOf(row, nowMs)).toBe(3);
    expect(history(row, nowMs).at(-1)).toBe(30);
    expect(rateOf(row, nowMs + 11_000)).toBe(0);
    expect(history(row, nowMs + 61_000)).toEqual(Array.from({ length: 60 }, () => 0));
    expect(row.events).toBe(30);
  });

  it("keeps a bounded number of events and of topics", () => {
    const store = createTopicStore();
    const count = TOPICS_MAX + 10;
    store.add(
      Array.from({ length: count }, (_, index) => headAt(1, { topicId: `t-${index}` })),
      1_000,
    );
    expect(store.topics.size).toBe(TOPICS_MAX);
    expect(store.recent()).toHaveLength(RECENT_MAX);
    expect(store.recent()[0]?.topicId).toBe(`t-${count - 1}`);
    expect(store.total()).toBe(count);
  });
});
