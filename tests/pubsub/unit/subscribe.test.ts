import { describe, expect, it } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import {
  subscribe,
  unsubscribe,
  unsubscribeFromAll,
} from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import { subscribersOf } from "../../../packages/pubsub/src/core/subscriptions/subscribers.ts";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, DAY_SECONDS, rejectionOf, subscriptionOf } from "../../support/samples.ts";

const consumer = consumerOf("c");
const TOPIC = "topic";

describe("subscribe", () => {
  it("writes the subscription before it reads the position, so that each later event is posted", async () => {
    const context = createTestContext();
    const steps: string[] = [];
    const put = (subscription: Subscription): Promise<Subscription | undefined> => {
      steps.push("put");
      return context.subscriptions.put(subscription);
    };
    const tail: typeof context.log.tail = (topicId) => {
      steps.push("tail");
      return context.log.tail(topicId);
    };
    const ports = {
      ...context,
      subscriptions: { ...context.subscriptions, put },
      log: { ...context.log, tail },
    };
    const position = await subscribe(ports, { consumer, topicId: TOPIC }, { retentionSeconds: DAY_SECONDS });
    expect(position).toEqual({ topicId: TOPIC, epoch: expect.stringMatching(/^\w{9}$/), offset: 0 });
    expect(steps).toEqual(["put", "tail"]);
    expect(context.observed).toEqual([{ event: "subscribed", topicId: TOPIC, consumer }]);
  });

  it.each([
    ["data", undefined],
    ["data", "data" as const],
    ["event", "event" as const],
  ])(
    "stores a subscription of format %s that expires ten minutes after the longest connection",
    async (format, asked) => {
      const context = createTestContext();
      const { clock, subscriptions } = context;
      const subscribedAt = clock.now();
      await subscribe(
        context,
        { consumer, topicId: TOPIC, format: asked },
        { retentionSeconds: DAY_SECONDS },
      );
      const { subscriptions: rows } = await subscriptions.page({ topicId: TOPIC, limit: 10 });
      const expiresAtSeconds = Math.ceil(subscribedAt / 1_000) + 7_200 + 600;
      expect(rows).toEqual([{ consumer, topicId: TOPIC, format, subscribedAt, expiresAtSeconds }]);
    },
  );

  it.each([
    [
      "a consumer without a stage",
      { consumer: { ...consumer, stage: "" }, topicId: TOPIC },
      "INVALID_ARGUMENT",
      "consumer.stage",
    ],
    ["an empty topic id", { consumer, topicId: "" }, "INVALID_TOPIC_ID", "topicId must be"],
    [
      "an unknown format",
      { consumer, topicId: TOPIC, format: "xml" as "data" },
      "INVALID_ARGUMENT",
      'format must be "data" or "event"; got "xml"',
    ],
  ])("rejects %s and writes nothing", async (_, request, code, message) => {
    const context = createTestContext();
    expect(await rejectionOf(subscribe(context, request, { retentionSeconds: DAY_SECONDS }))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect((await context.subscriptions.page({ topicId: request.topicId, limit: 1 })).subscriptions).toEqual(
      [],
    );
    expect(context.observed).toEqual([]);
  });
});

describe("unsubscribe", () => {
  it("removes only the given subscription and reports it", async () => {
    const context = createTestContext();
    for (const topicId of [TOPIC, "other"]) await context.subscriptions.put(subscriptionOf("c", topicId));
    await unsubscribe(context, { consumer, topicId: TOPIC });
    expect(await collect(context.subscriptions.topicsOf(consumer))).toEqual(["other"]);
    expect(context.observed).toEqual([{ event: "unsubscribed", topicId: TOPIC, consumer }]);
  });

  it.each([
    [{ consumer: { ...consumer, domainName: "a/b" }, topicId: TOPIC }, "INVALID_ARGUMENT"],
    [{ consumer, topicId: "\n" }, "INVALID_TOPIC_ID"],
  ])("rejects an invalid consumer or topic id: %j", async (request, code) => {
    const context = createTestContext();
    expect(await rejectionOf(unsubscribe(context, request))).toMatchObject({ code });
    expect(context.observed).toEqual([]);
  });
});

describe("unsubscribeFromAll", () => {
  function setUp(topics: number): {
    ports: Parameters<typeof unsubscribeFromAll>[0];
    steps: number[];
    observed: PipelineEvent[];
  } {
    const context = createTestContext();
    const steps: number[] = [];
    const subscriptions: Subscriptions = {
      ...createMemorySubscriptions(context.clock),
      async *topicsOf() {
        for (let n = 0; n < topics; n++) yield `topic ${n}`;
      },
      async remove(rows) {
        steps.push(rows.length);
        expect(rows.every((row) => row.consumer === consumer)).toBe(true);
      },
    };
    return { ports: { ...context, subscriptions }, steps, observed: context.observed };
  }

  it.each([
    [0, []],
    [1, [1]],
    [100, [100]],
    [250, [100, 100, 50]],
  ])(
    "removes %d subscriptions in batches of at most 100, and reports each once",
    async (topics, expected) => {
      const { ports, steps, observed } = setUp(topics);
      await unsubscribeFromAll(ports, consumer);
      expect(steps).toEqual(expected);
      expect(observed).toEqual(
        Array.from({ length: topics }, (_, n) => ({
          event: "unsubscribed",
          topicId: `topic ${n}`,
          consumer,
        })),
      );
    },
  );

  it("rejects an invalid consumer", async () => {
    const { ports } = setUp(1);
    expect(await rejectionOf(unsubscribeFromAll(ports, { ...consumer, connectionId: "" }))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

describe("subscribersOf", () => {
  it("returns the consumers of all pages, even after an empty one, and reports malformed rows", async () => {
    const context = createTestContext();
    const asked: unknown[] = [];
    const pages = [
      { subscriptions: [subscriptionOf("a", TOPIC), subscriptionOf("b", TOPIC)], malformed: 0, cursor: "1" },
      { subscriptions: [], malformed: 3, cursor: "2" },
      { subscriptions: [subscriptionOf("c", TOPIC)], malformed: 0 },
    ];
    const page: Subscriptions["page"] = async ({ topicId, cursor, limit }) => {
      asked.push([topicId, cursor, limit]);
      return pages[asked.length - 1] ?? expect.fail("a page behind the last one");
    };
    const ports = { ...context, subscriptions: { ...context.subscriptions, page } };
    expect(await collect(subscribersOf(ports, TOPIC))).toEqual(["a", "b", "c"].map(consumerOf));
    expect(asked).toEqual([
      [TOPIC, undefined, 1_000],
      [TOPIC, "1", 1_000],
      [TOPIC, "2", 1_000],
    ]);
    expect(context.observed).toEqual([{ event: "rows-malformed", topicId: TOPIC, count: 3 }]);
  });

  it("rejects an empty topic id", async () => {
    expect(await rejectionOf(collect(subscribersOf(createTestContext(), "")))).toMatchObject({
      code: "INVALID_TOPIC_ID",
    });
  });
});
