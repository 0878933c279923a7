/** The tests call the fan-out handler with in-memory ports: they pass the events of AWS and check what returns. */
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
import { rejectionOf, storedEvent, subscriptionOf } from "../../support/samples.ts";
import { config, consumer, context, invalid, posting, steps } from "./handler-doubles.ts";

vi.mock("../../../packages/pubsub/src/api/create-pubsub.ts", async () => {
  return (await import("./handler-doubles.ts")).createPubsubDouble;
});
vi.mock("../../../packages/pubsub/src/observe/powertools.ts", async () => {
  return (await import("./handler-doubles.ts")).powertoolsDouble;
});

describe("createFanoutHandler", () => {
  const EPOCH = "0m1c2d3e4";
  const page = (offset: number, topicId = "t"): string =>
    encodeFanoutMessage({
      kind: "topic",
      topicId,
      epoch: EPOCH,
      offsets: [offset],
      step: 1,
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
      "createFanoutHandler has no option pagesize; it has config, partialBatchResponses, partSize, maxAttempts, maxPostsPerSecond",
    ],
    [
      { partialBatchResponses: "true" },
      'partialBatchResponses must be true or false; got "true" (string of 4)',
    ],
    [{ partSize: 0 }, "partSize must be a whole number from 1 to 5000; got 0 (number)"],
    [{ partSize: 5_001 }, "partSize must be a whole number from 1 to 5000; got 5001 (number)"],
    [{ maxAttempts: 1.5 }, "maxAttempts must be a whole number from 1 to 5000; got 1.5 (number)"],
    [{ maxPostsPerSecond: 0 }, "maxPostsPerSecond must be a whole number from 1; got 0 (number)"],
    [{ maxPostsPerSecond: Number.NaN }, "maxPostsPerSecond must be a whole number from 1; got NaN (number)"],
    [{ maxPostsPerSecond: 87.5 }, "maxPostsPerSecond must be a whole number from 1; got 87.5 (number)"],
    [
      { config: { dynamodbTableName: "table" } },
      "config.fanoutQueueUrl must be the URL of the queue that this function reads; got undefined",
    ],
  ])("rejects invalid options: %j", (options, message) => {
    expect(() => createFanoutHandler({ config, ...options })).toThrow(invalid(message));
  });

  it("passes maxPostsPerSecond to what makes the posts", () => {
    createFanoutHandler({ config, maxPostsPerSecond: 875 });
    expect(posting).toEqual({ maxPostsPerSecond: 875 });
  });

  it.each([1, 5_000])("accepts %d as partSize and maxAttempts", (count) => {
    expect(() => createFanoutHandler({ config, partSize: count, maxAttempts: count })).not.toThrow();
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
    expect(steps).toEqual(["begin", "end", "begin", "end"]);
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
          "2 of 3 messages failed (1 × offsets 2 are leased to another worker; 1 × SyntaxError). Lambda repeats the " +
            "whole batch. To repeat only the messages that failed, set ReportBatchItemFailures on the event " +
            "source mapping and partialBatchResponses: true on createFanoutHandler",
        );
        expect(context.connections.received(consumer)).toEqual(['{"n":3}']);
        expect(steps).toEqual(["begin", "end"]);
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

  it("reads steps of ten parts: of 1,000 subscriptions by default, and of partSize if it is set", async () => {
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
    await invoke([page(2)], { options: { partSize: 7 } });
    expect(limits).toEqual([10_000, 70]);
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
