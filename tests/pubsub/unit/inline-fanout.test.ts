import { describe, expect, it } from "vitest";
import { createLimiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { createInlineFanout } from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import type { FanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { FanoutContext } from "../../../packages/pubsub/src/core/fanout/worker.ts";
import type { PostResult, QueuedMessage } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher, type Publish } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Format } from "../../../packages/pubsub/src/core/types.ts";
import { drainQueue } from "../../support/drain-queue.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS, rejectionOf, subscriptionOf } from "../../support/samples.ts";

interface SetUp extends TestContext {
  publish: Publish;
  /** Another publisher over the same ports. */
  elsewhere: Publish;
  sent: (FanoutMessage & { delaySeconds: number })[];
}

const decoded = ({ body, delaySeconds }: QueuedMessage): FanoutMessage & { delaySeconds: number } => {
  const message = decodeFanoutMessage(body);
  if (!message.ok) throw new Error(message.problem);
  return { ...message.message, delaySeconds };
};

/** A topic with these subscribers, and publishers that fan out to at most three. */
async function setUp(
  formats: readonly Format[],
  answer: (id: string) => Promise<PostResult | undefined> = async () => undefined,
  overrides: (context: TestContext) => Partial<FanoutContext> = () => ({}),
): Promise<SetUp> {
  const context = createTestContext({ answer: ({ connectionId }) => answer(connectionId) });
  const sent: SetUp["sent"] = [];
  const { queue } = context;
  const recording = {
    ...queue,
    send: async (messages: readonly QueuedMessage[]) => {
      sent.push(...messages.map(decoded));
      await queue.send(messages);
    },
  };
  for (const [index, format] of formats.entries()) {
    context.connections.open(consumerOf(`c${index}`));
    await context.subscriptions.put(subscriptionOf(`c${index}`, "t", { format }));
  }
  const worker = { ...context, queue: recording, ...overrides(context) };
  const publisher = (): Publish =>
    createPublisher(worker, { retentionSeconds: DAY_SECONDS }, createInlineFanout(worker, 3)).publish;
  return { ...context, sent, publish: publisher(), elsewhere: publisher() };
}

const times = ({ connections }: TestContext, count: number): number[] =>
  Array.from({ length: count }, (_, index) => connections.received(consumerOf(`c${index}`)).length);

describe("an inline fan-out", () => {
  it.each<[string, Format[]]>([
    ["EVENTS messages", ["event", "event", "event"]],
    ["bare data", ["data", "event", "data"]],
  ])(
    "posts %s to a topic of at most N subscribers before publish resolves, and queues nothing",
    async (_, formats) => {
      const context = await setUp(formats);
      const { epoch, offset } = await context.publish({ topicId: "t", data: 1 });
      expect(times(context, 3)).toEqual([1, 1, 1]);
      expect(context.sent).toEqual([]);
      const publication = { topicId: "t", epoch, offset };
      expect(await publicationStatus(context, publication)).toMatchObject({
        state: "complete",
        delivered: 3,
      });
    },
  );

  it("leaves a topic of more subscribers to the queue, and does not read its index again for a minute", async () => {
    let reads = 0;
    const context = await setUp(["event", "event", "event", "event"], undefined, ({ subscriptions }) => ({
      subscriptions: {
        ...subscriptions,
        page(request) {
          reads += 1;
          return subscriptions.page(request);
        },
      },
    }));
    for (const data of [1, 2]) await context.publish({ topicId: "t", data });
    expect(reads).toBe(1);
    expect(context.sent).toMatchObject([
      { kind: "topic", offsets: [1] },
      { kind: "topic", offsets: [2] },
    ]);
    context.clock.advance(60_000);
    await context.publish({ topicId: "t", data: 3 });
    expect(reads).toBe(2);
    await drainQueue(context);
    expect(times(context, 4)).toEqual([3, 3, 3, 3]);
  });

  it("hands on only those that failed, and a worker abandons them", async () => {
    const broken: PostResult = { outcome: "failed", retryable: false, reason: "413" };
    const context = await setUp(["event", "event"], async (id) => (id === "c1" ? broken : undefined));
    const { epoch, offset } = await context.publish({ topicId: "t", data: 1 });
    expect(context.sent).toMatchObject([
      { kind: "part", attempt: 2, hops: 1, consumers: [{ consumer: consumerOf("c1") }] },
    ]);
    expect(context.queue.deadLetters).toEqual([]);
    await drainQueue(context);
    expect(times(context, 2)).toEqual([1, 0]);
    expect(context.queue.deadLetters).toHaveLength(1);
    const status = await publicationStatus(context, { topicId: "t", epoch, offset });
    expect(status).toMatchObject({ state: "complete", delivered: 1, abandoned: 1 });
  });

  it("leaves what its time budget of 2 s does not reach to the queue", async () => {
    const context = await setUp(
      ["event", "event", "event"],
      async (id) => {
        if (id === "c0") context.clock.advance(2_000);
        return undefined;
      },
      ({ clock }) => {
        const oneAtATime = createLimiter(clock, { initial: 1, min: 1, max: 1 });
        return { limiterOf: () => oneAtATime };
      },
    );
    await context.publish({ topicId: "t", data: 1 });
    expect(times(context, 3)).toEqual([1, 0, 0]);
    expect(context.sent).toMatchObject([{ kind: "part", attempt: 1, delaySeconds: 0 }]);
    await drainQueue(context);
    expect(times(context, 3)).toEqual([1, 1, 1]);
  });

  it("leaves a topic with a consumer that took nothing before to the queue", async () => {
    const context = await setUp(["event"]);
    const abandonments = { inRow: 1, inAll: 1, lastAtMs: 5 };
    await context.subscriptions.replaceAbandonments(
      subscriptionOf("c0", "t", { format: "event" }),
      abandonments,
    );
    await context.publish({ topicId: "t", data: 1 });
    expect(context.sent).toMatchObject([{ kind: "topic", offsets: [1] }]);
    expect(times(context, 1)).toEqual([0]);
  });

  it("leaves events that come while it posts to the queue, where they are posted together", async () => {
    const held = Promise.withResolvers<undefined>();
    const context = await setUp(["event"], () => held.promise);
    const first = context.publish({ topicId: "t", data: 1 });
    const others = [2, 3].map((data) => context.publish({ topicId: "t", data }));
    await Promise.all(others);
    held.resolve(undefined);
    await first;
    expect(context.sent).toMatchObject([{ kind: "topic", offsets: [2, 3] }]);
    await context.publish({ topicId: "t", data: 4 });
    expect(context.sent).toHaveLength(2);
    context.clock.advance(1_000);
    await context.publish({ topicId: "t", data: 5 });
    expect(context.sent).toHaveLength(2);
  });

  it("gives the fan-out to the queue if the index cannot be read", async () => {
    const context = await setUp(["event"], undefined, ({ subscriptions }) => ({
      subscriptions: { ...subscriptions, page: () => Promise.reject(new Error("throttled")) },
    }));
    await context.publish({ topicId: "t", data: 1 });
    expect(context.sent).toMatchObject([{ kind: "topic", offsets: [1], delaySeconds: 0 }]);
    expect(context.observed).toMatchObject([
      { event: "background-failure", stage: "fan-out-inline" },
      { event: "publication-accepted" },
    ]);
  });

  it("gives a claimed fan-out that failed to the queue for the end of its lease", async () => {
    const context = await setUp(["data"], undefined, ({ ledger }) => ({
      ledger: { ...ledger, settle: () => Promise.reject(new Error("throttled")) },
    }));
    await context.publish({ topicId: "t", data: 1 });
    expect(context.sent).toMatchObject([{ kind: "topic", offsets: [1], delaySeconds: 10 }]);
  });

  it("rejects with FANOUT_NOT_QUEUED if the rest cannot be queued", async () => {
    const context = await setUp(["event", "event", "event", "event"], undefined, ({ queue }) => ({
      queue: { ...queue, send: () => Promise.reject(new Error("no queue")) },
    }));
    expect(await rejectionOf(context.publish({ topicId: "t", data: 1 }))).toMatchObject({
      code: "FANOUT_NOT_QUEUED",
      retryable: true,
    });
  });

  // The queue holds nothing of it, so the claim of the dead publisher must not count as a fan-out that goes on
  it.each<[Format, number]>([
    ["event", 5],
    ["data", 10],
  ])(
    "is continued by the queue if its publisher died while it posted %s and another one publishes again",
    async (format, delaySeconds) => {
      let alive = false;
      const context = await setUp([format], () =>
        alive ? Promise.resolve(undefined) : new Promise(() => {}),
      );
      const request = { topicId: "t", data: 1, publicationId: "p" };
      void context.publish(request);
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      alive = true;
      expect(await context.elsewhere(request)).toMatchObject({ offset: 1, duplicate: true });
      expect(context.sent).toMatchObject([{ kind: "topic", offsets: [1], again: true, delaySeconds }]);
      await drainQueue(context);
      expect(times(context, 1)).toEqual([1]);
    },
  );
});
