import { publishToTopics } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { TopicMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutQueue, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher, type Publisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { DAY_SECONDS, incompressible, rejectionOf } from "../../support/samples.ts";

interface SetUp extends TestContext, Publisher {
  /** The bodies of each request to the queue. */
  requests: TopicMessage[][];
}

function setUp({
  log = {},
  send,
  durable = true,
}: {
  log?: Partial<TopicLog>;
  send?: FanoutQueue["send"];
  durable?: boolean;
} = {}): SetUp {
  const context = createTestContext();
  const requests: TopicMessage[][] = [];
  const queue: FanoutQueue = {
    ...context.queue,
    durable,
    async send(messages) {
      requests.push(messages.map(({ body }) => JSON.parse(body) as TopicMessage));
      await send?.(messages);
    },
  };
  const ports = { ...context, queue, log: { ...context.log, ...log } };
  return { ...context, requests, ...createPublisher(ports, { retentionSeconds: DAY_SECONDS }) };
}

const manyTopics = (count: number): { topicId: string; data: number }[] =>
  Array.from({ length: count }, (_, n) => ({ topicId: `topic-${n}`, data: n }));

describe("publishing to several topics", () => {
  it("returns a result for each publication in their order, and queues ten topics in one request", async () => {
    const { publishAll, requests, log } = setUp();
    const results = await publishAll(manyTopics(10));
    expect(results.map(({ topicId }) => topicId)).toEqual(manyTopics(10).map(({ topicId }) => topicId));
    expect(results.every((result) => "offset" in result && result.offset === 1 && !result.duplicate)).toBe(
      true,
    );
    expect(requests).toHaveLength(1);
    expect(requests[0]?.map(({ topicId }) => topicId).toSorted()).toEqual(
      manyTopics(10).map(({ topicId }) => topicId),
    );
    expect(log.dump("topic-7")).toMatchObject([{ offset: 1, json: "7" }]);
  });

  it("queues 25 topics in three requests", async () => {
    const { publishAll, requests } = setUp();
    await publishAll(manyTopics(25));
    expect(requests.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  it("appends the publications of one topic together, in their order, and queues one message for them", async () => {
    const { log } = createTestContext();
    const appends: string[][] = [];
    const append: TopicLog["append"] = (request) => {
      appends.push(request.events.map(({ json }) => json));
      return log.append(request);
    };
    const { publishAll, requests } = setUp({ log: { ...log, append } });
    const results = await publishAll([
      { topicId: "a", data: 1 },
      { topicId: "b", data: 2 },
      { topicId: "a", data: 3 },
      { topicId: "a", data: 4 },
    ]);
    expect(appends).toEqual([["1", "3", "4"], ["2"]]);
    expect(results.map((result) => "offset" in result && [result.topicId, result.offset])).toEqual([
      ["a", 1],
      ["b", 1],
      ["a", 2],
      ["a", 3],
    ]);
    expect(requests).toMatchObject([
      [
        { topicId: "a", offsets: [1, 2, 3] },
        { topicId: "b", offsets: [1] },
      ],
    ]);
  });

  it("returns a repeated id as a duplicate of the first, also within one call", async () => {
    const { publishAll, log } = setUp();
    const publication = { topicId: "a", data: 1, publicationId: "p" };
    const results = await publishAll([
      publication,
      publication,
      { topicId: "b", data: 1, publicationId: "p" },
    ]);
    expect(results).toMatchObject([
      { topicId: "a", publicationId: "p", offset: 1, duplicate: false },
      { topicId: "a", publicationId: "p", offset: 1, duplicate: true },
      { topicId: "b", publicationId: "p", offset: 1, duplicate: false },
    ]);
    expect(log.dump("a")).toHaveLength(1);
  });

  it("returns the error of a topic that fails, and publishes the others", async () => {
    const context = createTestContext();
    const failure = new PubsubError("STORAGE_FAILED", "throttled", { retryable: true });
    const append: TopicLog["append"] = (request) =>
      request.topicId === "topic-1" ? Promise.reject(failure) : context.log.append(request);
    const { publishAll, requests } = setUp({ log: { ...context.log, append } });
    const results = await publishAll(manyTopics(3));
    expect(results).toMatchObject([{ offset: 1 }, { topicId: "topic-1", error: failure }, { offset: 1 }]);
    expect(results[1]).not.toHaveProperty("offset");
    expect(requests.flat().map(({ topicId }) => topicId)).toEqual(["topic-0", "topic-2"]);
  });

  it("does not let a topic that hangs hold up the fan-out of the others", async () => {
    const context = createTestContext();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const append: TopicLog["append"] = async (request) => {
      if (request.topicId === "topic-1") await held;
      return context.log.append(request);
    };
    const { publishAll, requests, clock } = setUp({ log: { ...context.log, append } });
    const publishing = publishAll(manyTopics(3));
    await expect.poll(() => clock.advance(50) ?? requests.length).toBe(1);
    expect(requests[0]?.map(({ topicId }) => topicId)).toEqual(["topic-0", "topic-2"]);
    release();
    expect(await publishing).toMatchObject([{ offset: 1 }, { offset: 1 }, { offset: 1 }]);
    expect(requests).toHaveLength(2);
  });

  it("reports FANOUT_NOT_QUEUED for the topics of a request that failed, and for no others", async () => {
    let sends = 0;
    const { publishAll } = setUp({
      send: async () => {
        sends += 1;
        if (sends === 1) throw new PubsubError("QUEUE_FAILED", "refused", { retryable: true });
      },
    });
    const results = await publishAll(manyTopics(12));
    const failed = results.filter((result) => "error" in result);
    expect(failed).toHaveLength(10);
    expect(failed.every(({ error }) => error.code === "FANOUT_NOT_QUEUED" && error.retryable)).toBe(true);
  });

  it("sends the message of each topic on its own if the fan-out is in process", async () => {
    const { publishAll, requests } = setUp({ durable: false });
    await publishAll(manyTopics(3));
    expect(requests.map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it("writes nothing if one of the publications is invalid, and says which", async () => {
    const { publishAll, log, requests } = setUp();
    const valid = { topicId: "a", data: 1 };
    const attempts = [
      [{ topicId: "", data: 1 }, "INVALID_TOPIC_ID", "topicId must be 1 to 512 bytes"],
      [{ topicId: "b", data: undefined }, "INVALID_DATA", "data must be serialisable as JSON"],
      [
        { topicId: "b", data: "x".repeat(140_000) },
        "PAYLOAD_TOO_LARGE",
        "data must take at most 131072 bytes",
      ],
      [{ topicId: "b", data: 1, publicationId: "" }, "INVALID_PUBLICATION_ID", "publicationId must be 1"],
    ] as const;
    for (const [invalid, code, message] of attempts) {
      const error = await rejectionOf(publishAll([valid, invalid]));
      expect(error).toMatchObject({ code });
      expect((error as PubsubError).message).toContain(`publications[1]: ${message}`);
    }
    expect(log.dump("a")).toEqual([]);
    expect(requests).toEqual([]);
  });
});

describe("the requests to SQS", () => {
  it("are split where ten messages are more than a megabyte", async () => {
    const context = createTestContext();
    const sizes: number[] = [];
    const client = {
      async send({ input }: { input: { Entries: { MessageBody: string }[] } }) {
        sizes.push(input.Entries.reduce((sum, { MessageBody }) => sum + MessageBody.length, 0));
        return {};
      },
    };
    const queue = createSqsFanoutQueue({ client: client as never, queueUrl: "https://queue" }, context.clock);
    const { publishAll } = createPublisher({ ...context, queue }, { retentionSeconds: DAY_SECONDS });
    const data = incompressible(120_000);
    await publishAll(manyTopics(10).map(({ topicId }) => ({ topicId, data })));
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000);
  });
});

describe("the arguments of publishToTopics", () => {
  const config = { dynamodbTableName: "table" };
  const publication = { topicId: "a", data: 1 };

  it.each<[string, unknown, string]>([
    ["no array", { publications: publication, config }, "publications must be an array of at most 100; got"],
    ["no publications", { config }, "publications must be an array of at most 100; got undefined"],
    [
      "101 publications",
      { publications: Array(101).fill(publication), config },
      "publications must be an array of at most 100; got an array of 101",
    ],
    [
      "a misspelt option of one",
      { publications: [publication, { ...publication, publicationID: "p" }], config },
      "publications[1] has no option publicationID; it has topicId, data, publicationId",
    ],
    [
      "one that is null",
      { publications: [null], config },
      "the options of publications[0] must be an object",
    ],
  ])("are refused before anything is written: %s", async (_, argument, message) => {
    const error = await rejectionOf(publishToTopics(argument as never));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((error as PubsubError).message).toContain(message);
  });

  it("may be an empty list, which publishes nothing", async () => {
    expect(await publishToTopics({ publications: [], config })).toEqual([]);
  });
});
