import { describe, expect, it } from "vitest";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import type { PostResult, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { answerFrame } from "../../../packages/pubsub/src/handlers/answer-frame.ts";
import type { Authorize } from "../../../packages/pubsub/src/handlers/authorize.ts";
import type { WebsocketEvent, WebsocketResult } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import { frameSettings } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, DAY_SECONDS } from "../../support/samples.ts";

const TOPIC = "topic";
const consumer = consumerOf("c");

interface SetUp extends TestContext {
  send(frame: unknown, event?: Partial<WebsocketEvent>): Promise<WebsocketResult>;
  publish(...data: unknown[]): Promise<void>;
  /** The messages that were posted to the client, decoded. */
  posted(): unknown[];
}

function setUp(
  options: { answers?: PostResult[]; authorize?: Authorize; subscriptions?: Partial<Subscriptions> } = {},
): SetUp {
  const answers = [...(options.answers ?? [])];
  const context = createTestContext({ answer: async () => answers.shift() });
  context.connections.open(consumer);
  const subscriptions = { ...context.subscriptions, ...options.subscriptions };
  const pubsub: Pubsub = {
    config: {
      dynamodbTableName: "table",
      fanoutQueueUrl: undefined,
      managementEndpoint: undefined,
      eventRetentionSeconds: DAY_SECONDS,
      legacySubscriptions: false,
    },
    logSettings: { retentionSeconds: DAY_SECONDS },
    ports: { ...context, subscriptions },
    limiterOf: context.limiterOf,
    publish: () => Promise.reject(new Error("nobody publishes here")),
  };
  return {
    ...context,
    send(frame, changes = {}) {
      const event = { requestContext: {}, body: JSON.stringify(frame), ...changes };
      const { authorize } = options;
      const settings = frameSettings({ config: pubsub.config, authorize }, pubsub);
      return answerFrame(pubsub, { ...settings, consumer, event });
    },
    async publish(...data) {
      for (const [index, value] of data.entries()) {
        const draft = {
          publicationId: `p${index + 1}`,
          publishedAt: 0,
          json: JSON.stringify(value),
          verbatim: false,
          idempotent: false,
        };
        await appendEvents({ ...context, retentionSeconds: DAY_SECONDS }, TOPIC, [draft]);
      }
    },
    posted: () => context.connections.received(consumer).map((text) => JSON.parse(text) as unknown),
  };
}

const epoch: unknown = expect.stringMatching(/^[0-9a-z]{9}$/);
const eventsOf = (posted: unknown): unknown[] =>
  (posted as { events: { data: unknown }[] }).events.map(({ data }) => data);

describe("SUBSCRIBE", () => {
  const frame = { action: "SUBSCRIBE", topicId: TOPIC };

  it("posts the position if the frame has a request id, and subscribes without a response otherwise", async () => {
    const asked = setUp();
    await asked.publish("a");
    expect(await asked.send({ ...frame, requestId: "r" })).toEqual({ statusCode: 200 });
    expect(asked.posted()).toEqual([
      { type: "SUBSCRIBED", requestId: "r", topicId: TOPIC, epoch, offset: 1, recovered: true },
    ]);
    const silent = setUp();
    expect(await silent.send({ ...frame, format: "event" })).toEqual({ statusCode: 200 });
    expect(silent.posted()).toEqual([]);
    const { subscriptions } = await silent.subscriptions.page({ topicId: TOPIC, limit: 10 });
    expect(subscriptions).toMatchObject([{ consumer, format: "event" }]);
  });

  it("posts the events after the client's position, and no other events", async () => {
    const { send, publish, posted, log } = setUp();
    await publish("a", "b", "c");
    const { last } = await log.tail(TOPIC);
    await send({ ...frame, requestId: "r", since: { epoch: last?.epoch, offset: 1 } });
    const [answer, events, ...rest] = posted();
    expect(answer).toMatchObject({ type: "SUBSCRIBED", offset: 3, recovered: true });
    expect(eventsOf(events)).toEqual(["b", "c"]);
    expect(rest).toEqual([]);
    await send({ ...frame, since: { epoch: last?.epoch, offset: 2 } });
    expect(posted().slice(2).map(eventsOf)).toEqual([["c"]]);
  });

  it("posts recovered: false if the events after the client's position can't be replayed", async () => {
    const { send, publish, posted } = setUp();
    await publish("a", "b");
    await send({ ...frame, requestId: "r", since: { epoch: "000000000", offset: 1 } });
    expect(posted()).toMatchObject([{ type: "SUBSCRIBED", offset: 2, recovered: false }]);
  });

  it("posts FORBIDDEN and does not subscribe if `authorize` returns false", async () => {
    const requests: unknown[] = [];
    const { send, posted, subscriptions } = setUp({
      authorize(request) {
        requests.push(request);
        return false;
      },
    });
    expect(await send({ ...frame, requestId: "r" })).toEqual({ statusCode: 200 });
    expect(posted()).toEqual([
      { type: "ERROR", requestId: "r", code: "FORBIDDEN", message: "not allowed to subscribe to topic" },
    ]);
    const event = { requestContext: {}, body: JSON.stringify({ ...frame, requestId: "r" }) };
    expect(requests).toEqual([{ action: "SUBSCRIBE", topicId: TOPIC, consumer, event }]);
    expect(await collect(subscriptions.topicsOf(consumer))).toEqual([]);
  });
});

describe("UNSUBSCRIBE", () => {
  it("ends the subscription, and posts UNSUBSCRIBED only if the frame has a request id", async () => {
    const { send, posted, subscriptions } = setUp();
    for (const requestId of ["r", undefined]) {
      await send({ action: "SUBSCRIBE", topicId: TOPIC });
      expect(await send({ action: "UNSUBSCRIBE", topicId: TOPIC, requestId })).toEqual({ statusCode: 200 });
      expect(await collect(subscriptions.topicsOf(consumer))).toEqual([]);
    }
    expect(posted()).toEqual([{ type: "UNSUBSCRIBED", requestId: "r", topicId: TOPIC }]);
  });
});

describe("PING", () => {
  it("posts PONG only if the frame has a request id, with positions if the client sent some", async () => {
    const { send, posted } = setUp();
    await send({ action: "PING" });
    await send({ action: "PING", requestId: "r" });
    await send({ action: "PING", requestId: "s", positions: { [TOPIC]: { epoch: "000000000", offset: 0 } } });
    expect(posted()).toEqual([
      { type: "PONG", requestId: "r" },
      { type: "PONG", requestId: "s", positions: { [TOPIC]: { subscribed: false } } },
    ]);
  });

  it("posts the events that the client lacks, with or without a request id", async () => {
    const { send, publish, posted, log } = setUp();
    await send({ action: "SUBSCRIBE", topicId: TOPIC });
    await publish("a", "b");
    const { last } = await log.tail(TOPIC);
    const positions = { [TOPIC]: { epoch: last?.epoch, offset: 1 } };
    await send({ action: "PING", positions });
    await send({ action: "PING", positions, requestId: "r" });
    const [silent, pong, events] = posted();
    expect([silent, events].map(eventsOf)).toEqual([["b"], ["b"]]);
    expect(pong).toMatchObject({ type: "PONG", positions: { [TOPIC]: { offset: 2, recovered: true } } });
  });
});

describe("an invalid frame", () => {
  it.each<[string, Partial<WebsocketEvent>, string]>([
    ["no JSON", { body: "{" }, "a frame is a JSON object; got 1 characters that are not JSON"],
    ["no body", { body: undefined }, "a frame is a JSON object; got 0 characters that are not JSON"],
    [
      "no body, as bytes",
      { body: null, isBase64Encoded: true },
      "a frame is a JSON object; got 0 characters",
    ],
  ])(
    "posts INVALID_FRAME with the reason for %s, and logs the reason without the input",
    async (_, event, message) => {
      const { send, posted, observed } = setUp();
      expect(await send({}, event)).toEqual({ statusCode: 200 });
      const text: unknown = expect.stringContaining(message);
      expect(posted()).toEqual([{ type: "ERROR", code: "INVALID_FRAME", message: text }]);
      // The log must not contain the input: it may be a secret in the wrong place
      const [reason = ""] = message.split("; got ");
      expect(observed).toEqual([
        { event: "frame-refused", consumer, code: "INVALID_FRAME", reason: expect.stringContaining(reason) },
      ]);
      expect(JSON.stringify(observed)).not.toContain("; got ");
    },
  );

  it("posts the error of an invalid topic id with the frame's request id", async () => {
    const { send, posted } = setUp();
    await send({ action: "SUBSCRIBE", topicId: "", requestId: "r" });
    expect(posted()).toMatchObject([{ type: "ERROR", requestId: "r", code: "INVALID_TOPIC_ID" }]);
  });
});

it("reads a frame that API Gateway passes as base64", async () => {
  const { send, posted } = setUp();
  const body = Buffer.from(JSON.stringify({ action: "PING", requestId: "ü" })).toString("base64");
  await send({}, { body, isBase64Encoded: true });
  expect(posted()).toEqual([{ type: "PONG", requestId: "ü" }]);
});

describe("a frame that fails", () => {
  it.each([
    [new PubsubError("STORAGE_FAILED", "table on fire", { retryable: true }), "STORAGE_FAILED"],
    [new TypeError("a mistake of ours"), "INTERNAL"],
  ])("posts an error without the reason, and logs the reason: %s", async (error, code) => {
    const { send, posted, observed } = setUp({ subscriptions: { put: () => Promise.reject(error) } });
    expect(await send({ action: "SUBSCRIBE", topicId: TOPIC, requestId: "r" })).toEqual({ statusCode: 200 });
    const message = "SUBSCRIBE failed; try again later";
    expect(posted()).toEqual([{ type: "ERROR", requestId: "r", code, message }]);
    expect(observed).toEqual([{ event: "background-failure", stage: "frame-subscribe", error }]);
  });
});

describe("a response", () => {
  const ping = { action: "PING", requestId: "r" };
  const failed: PostResult = { outcome: "failed", retryable: true, reason: "500" };
  const throttled: PostResult = { outcome: "throttled" };

  it("posts a response up to four times and waits longer before each retry", async () => {
    const { send, posted, clock } = setUp({ answers: [failed, throttled, failed] });
    expect(await send(ping)).toEqual({ statusCode: 200 });
    expect(posted()).toHaveLength(1);
    expect(clock.slept).toEqual([25, 50, 100]);
  });

  it.each<[PostResult, string]>([
    [failed, "500"],
    [throttled, "throttled (429)"],
  ])(
    "returns status 500 and logs the error if every post of the response ends with %j",
    async (result, message) => {
      const { send, posted, observed } = setUp({ answers: Array(4).fill(result) });
      expect(await send(ping)).toEqual({ statusCode: 500 });
      expect(posted()).toEqual([]);
      expect(observed).toEqual([
        { event: "background-failure", stage: "answer-frame", error: expect.objectContaining({ message }) },
      ]);
    },
  );

  it("returns status 200 and does not retry if the client is gone", async () => {
    const { send, clock, connections } = setUp();
    connections.close(consumer);
    expect(await send(ping)).toEqual({ statusCode: 200 });
    expect(clock.slept).toEqual([]);
  });
});
