/** The tests call the Lambda handlers with in-memory ports: they pass the events of AWS and check what returns. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { ClaimRequest } from "../../../packages/pubsub/src/core/ports.ts";
import {
  createFanoutHandler,
  type FanoutHandlerOptions,
} from "../../../packages/pubsub/src/handlers/fanout.ts";
import type {
  LambdaContext,
  SQSBatchResponse,
  SQSEvent,
} from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import {
  createWebsocketHandler,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const told = vi.hoisted((): { context: unknown; steps: string[] } => ({ context: undefined, steps: [] }));

vi.mock("../../../packages/pubsub/src/api/create-pubsub.ts", async () => {
  const { resolveConfig } = await import("../../../packages/pubsub/src/api/config.ts");
  return {
    createPubsub(config: Parameters<typeof resolveConfig>[0]) {
      const context = told.context as TestContext;
      return { config: resolveConfig(config), ports: context, limiterOf: context.limiterOf };
    },
  };
});

vi.mock("../../../packages/pubsub/src/observe/powertools.ts", () => ({
  createHandlerTelemetry: () => ({
    observe: () => {},
    begin: () => told.steps.push("begin"),
    end: () => told.steps.push("end"),
  }),
}));

const config = { dynamodbTableName: "table", fanoutQueueUrl: "https://sqs.example.com/1/queue" };
const consumer = consumerOf("c");
let context: TestContext;

beforeEach(() => {
  context = createTestContext();
  context.connections.open(consumer);
  told.context = context;
  told.steps = [];
});

const invalid = (message: string): unknown => expect.objectContaining({ code: "INVALID_ARGUMENT", message });

describe("createWebsocketHandler", () => {
  const eventOf = (
    eventType: string,
    body?: string,
  ): Parameters<ReturnType<typeof createWebsocketHandler>>[0] => {
    return { requestContext: { ...consumer, eventType }, ...(body !== undefined && { body }) };
  };

  it.each<[unknown, string]>([
    [undefined, "the options of createWebsocketHandler must be an object; got undefined"],
    [null, "the options of createWebsocketHandler must be an object; got null"],
    [
      { config, authorise: () => true },
      "createWebsocketHandler has no option authorise; it has config, authorize, authorizeTimeoutMs, maxSubscriptions, maxMessagesPerSecond, subprotocol",
    ],
  ])("rejects invalid options: %j", (options, message) => {
    expect(() => createWebsocketHandler(options as WebsocketHandlerOptions)).toThrow(
      invalid(message) as Error,
    );
  });

  it("lets every client connect without `authorize`, and returns 403 if `authorize` denies a connection", async () => {
    expect(await createWebsocketHandler({ config })(eventOf("CONNECT"))).toEqual({ statusCode: 200 });
    const asked: unknown[] = [];
    const handler = createWebsocketHandler({
      config,
      authorize(request) {
        asked.push(request);
        return asked.length > 1;
      },
    });
    expect(await handler(eventOf("CONNECT"))).toEqual({ statusCode: 403 });
    expect(await handler(eventOf("CONNECT"))).toEqual({ statusCode: 200 });
    expect(asked[0]).toEqual({ action: "CONNECT", consumer, event: eventOf("CONNECT") });
  });

  it("removes all subscriptions of a connection that disconnects", async () => {
    for (const topicId of ["a", "b"]) await context.subscriptions.put(subscriptionOf("c", topicId));
    expect(await createWebsocketHandler({ config })(eventOf("DISCONNECT"))).toEqual({ statusCode: 200 });
    expect(await collect(context.subscriptions.topicsOf(consumer))).toEqual([]);
  });

  it("handles a MESSAGE event as a protocol frame, and sends PONG for a PING", async () => {
    const frame = JSON.stringify({ action: "PING", requestId: "r" });
    expect(await createWebsocketHandler({ config })(eventOf("MESSAGE", frame))).toEqual({ statusCode: 200 });
    expect(context.connections.received(consumer)).toEqual(['{"type":"PONG","requestId":"r"}']);
  });

  it("sends RATE_LIMITED to a client that sends too fast, and TOO_MANY_SUBSCRIPTIONS above the limit", async () => {
    const handler = createWebsocketHandler({ config, maxMessagesPerSecond: 1, maxSubscriptions: 1 });
    const send = async (frame: object): Promise<unknown> => {
      expect(await handler(eventOf("MESSAGE", JSON.stringify(frame)))).toEqual({ statusCode: 200 });
      return JSON.parse(context.connections.received(consumer).at(-1) ?? "null") as unknown;
    };
    const subscribe = { action: "SUBSCRIBE", requestId: "r" };
    expect(await send({ ...subscribe, topicId: "a" })).toMatchObject({ type: "SUBSCRIBED" });
    expect(await send({ ...subscribe, topicId: "b" })).toEqual({
      type: "ERROR",
      requestId: "r",
      code: "TOO_MANY_SUBSCRIPTIONS",
      message: "a connection may have 1 subscriptions",
    });
    for (let frames = 2; frames < 10; frames++) await send({ action: "PING", requestId: "s" });
    expect(await send({ action: "PING", requestId: "t" })).toEqual({
      type: "ERROR",
      requestId: "t",
      code: "RATE_LIMITED",
      message: "this connection sends too many frames; try again later",
    });
  });

  it("publishes the metrics of an invocation, even if the invocation fails", async () => {
    const handler = createWebsocketHandler({ config });
    await handler(eventOf("CONNECT"));
    expect(told.steps).toEqual(["begin", "end"]);
    expect(await rejectionOf(handler({ requestContext: {} }))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(told.steps).toEqual(["begin", "end", "begin", "end"]);
  });
});

describe("createFanoutHandler", () => {
  const EPOCH = "0m1c2d3e4";
  const page = (offset: number, topicId = "t"): string =>
    encodeFanoutMessage({
      kind: "page",
      topicId,
      epoch: EPOCH,
      offsets: [offset],
      page: 1,
      events: [storedEvent(offset)],
    });

  const invoke = (
    bodies: string[],
    {
      remainingMs = 30_000,
      options = {},
    }: { remainingMs?: number; options?: Partial<FanoutHandlerOptions> } = {},
  ): Promise<SQSBatchResponse> => {
    const Records = bodies.map((body, index) => {
      return { messageId: `m${index}`, body, attributes: { ApproximateReceiveCount: "3" } };
    });
    const lambda = { getRemainingTimeInMillis: () => remainingMs } as LambdaContext;
    return createFanoutHandler({ config, partialBatchResponses: true, ...options })(
      { Records } as unknown as SQSEvent,
      lambda,
    );
  };

  it.each<[object, string]>([
    [
      { pagesize: 10 },
      "createFanoutHandler has no option pagesize; it has config, partialBatchResponses, pageSize, maxAttempts",
    ],
    [
      { partialBatchResponses: "true" },
      'partialBatchResponses must be true or false; got "true" (string of 4)',
    ],
    [{ pageSize: 0 }, "pageSize must be a whole number from 1 to 5000; got 0 (number)"],
    [{ pageSize: 5_001 }, "pageSize must be a whole number from 1 to 5000; got 5001 (number)"],
    [{ maxAttempts: 1.5 }, "maxAttempts must be a whole number from 1 to 5000; got 1.5 (number)"],
    [
      { config: { dynamodbTableName: "table" } },
      "config.fanoutQueueUrl must be the URL of the queue that this function reads; got undefined",
    ],
  ])("rejects invalid options: %j", (options, message) => {
    expect(() => createFanoutHandler({ config, ...options })).toThrow(invalid(message) as Error);
  });

  it.each([1, 5_000])("accepts %d as pageSize and maxAttempts", (count) => {
    expect(() => createFanoutHandler({ config, pageSize: count, maxAttempts: count })).not.toThrow();
  });

  it("delivers a page, dead-letters a malformed message, and reports only a message that another worker holds", async () => {
    await context.subscriptions.put(subscriptionOf("c", "t"));
    const publication = { topicId: "t", epoch: EPOCH, offset: 2 };
    await context.ledger.claim({
      publication,
      unit: "000001",
      nowMs: context.clock.now(),
      leaseUntilMs: context.clock.now() + 60_000,
    });
    expect(await invoke([page(1), "malformed"])).toEqual({ batchItemFailures: [] });
    expect(context.connections.received(consumer)).toEqual(['{"n":1}']);
    expect(context.queue.deadLetters).toMatchObject([{ body: "malformed", reason: { attempts: 3 } }]);
    // Another worker holds this page. The whole batch fails, and the handler reports it instead of throwing
    expect(await invoke([page(2)])).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(told.steps).toEqual(["begin", "end", "begin", "end"]);
  });

  describe("for a batch of three messages, where another worker holds one and one cannot be dead-lettered", () => {
    beforeEach(async () => {
      // The topics differ because pages of one topic are one unit of work: either all or none of them complete
      for (const topicId of ["t", "u"]) await context.subscriptions.put(subscriptionOf("c", topicId));
      await context.ledger.claim({
        publication: { topicId: "t", epoch: EPOCH, offset: 2 },
        unit: "000001",
        nowMs: context.clock.now(),
        leaseUntilMs: context.clock.now() + 60_000,
      });
      // JSON.parse throws an error whose message quotes the text
      context.queue.deadLetter = async (body) => void JSON.parse(body);
    });
    const bodies = (): string[] => [page(2), "my secret", page(3, "u")];

    it("reports the two messages that failed with partialBatchResponses: true, and delivers the third", async () => {
      expect(await invoke(bodies())).toEqual({
        batchItemFailures: [{ itemIdentifier: "m0" }, { itemIdentifier: "m1" }],
      });
      expect(context.connections.received(consumer)).toEqual(['{"n":3}']);
    });

    it.each<[string, { partialBatchResponses?: boolean | undefined }]>([
      ["unset", {}],
      ["undefined", { partialBatchResponses: undefined }],
      ["false", { partialBatchResponses: false }],
    ])(
      "delivers the third message with partialBatchResponses %s, then throws how many messages failed and why",
      async (_, setting) => {
        const Records = bodies().map((body, index) => ({ messageId: `m${index}`, body }));
        const lambda = { getRemainingTimeInMillis: () => 30_000 } as LambdaContext;
        const handler = createFanoutHandler({ config, ...setting });
        const error = await rejectionOf(handler({ Records } as unknown as SQSEvent, lambda));
        expect(error).toMatchObject({
          name: "PubsubError",
          code: "BATCH_FAILED",
          retryable: true,
          context: { messageIds: ["m0", "m1"] },
        });
        expect((error as Error).message).toBe(
          "2 of 3 messages failed (1 × offsets 2 are at another worker; 1 × SyntaxError). Lambda repeats the " +
            "whole batch. To repeat only the messages that failed, set ReportBatchItemFailures on the event " +
            "source mapping and partialBatchResponses: true on createFanoutHandler",
        );
        expect(context.connections.received(consumer)).toEqual(['{"n":3}']);
        expect(told.steps).toEqual(["begin", "end"]);
      },
    );

    it("returns no failures without partialBatchResponses if the whole batch is delivered", async () => {
      const options = { partialBatchResponses: false };
      expect(await invoke([page(3)], { options })).toEqual({ batchItemFailures: [] });
    });

    it("delivers nothing twice if Lambda repeats a whole batch that threw", async () => {
      const options = { partialBatchResponses: false };
      const first = await rejectionOf(invoke(bodies(), { options }));
      expect(first).toMatchObject({ code: "BATCH_FAILED" });
      context.clock.advance(60_001);
      context.queue.deadLetter = async () => {};
      expect(await invoke(bodies(), { options })).toEqual({ batchItemFailures: [] });
      expect(context.connections.received(consumer)).toEqual(['{"n":3}', '{"n":2}']);
    });
  });

  it("reads pages of 1,000 subscriptions by default, and of pageSize subscriptions if it is set", async () => {
    const limits: number[] = [];
    const { page: read } = context.subscriptions;
    context.subscriptions = {
      ...context.subscriptions,
      page(request) {
        limits.push(request.limit);
        return read(request);
      },
    };
    await invoke([page(1)]);
    await invoke([page(2)], { options: { pageSize: 7 } });
    expect(limits).toEqual([1_000, 7]);
  });

  it.each([
    [100_000, 6_000],
    [10_000, 3_000],
  ])(
    "handles an invocation of %d ms: begins no post in the last %d ms, waits for responses until a quarter of that is left, and holds its claim to the end",
    async (remainingMs, leftMs) => {
      const beganMs = context.clock.now();
      const claims: ClaimRequest[] = [];
      const { claim } = context.ledger;
      context.ledger = {
        ...context.ledger,
        claim(request) {
          claims.push(request);
          return claim(request);
        },
      };
      const posts: string[] = [];
      const giveUps = new Set<number>();
      context.connections.post = async ({ connectionId }, _frame, { giveUpAtMs = 0 } = {}) => {
        posts.push(connectionId);
        giveUps.add(giveUpAtMs - beganMs);
        context.clock.advance(posts.length === 1 ? remainingMs - leftMs - 1 : 1);
        return { outcome: "delivered" };
      };
      for (const id of ["a", "b", "c"]) await context.subscriptions.put(subscriptionOf(id, "t"));
      await invoke([page(1)], { remainingMs });
      expect(claims.map(({ leaseUntilMs }) => leaseUntilMs - beganMs)).toEqual([remainingMs]);
      expect(posts).toEqual(["a", "b"]);
      expect([...giveUps]).toEqual([remainingMs - leftMs / 4]);
    },
  );
});
