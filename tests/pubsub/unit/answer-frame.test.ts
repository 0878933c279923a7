import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { Authorize } from "../../../packages/pubsub/src/handlers/authorize.ts";
import type { WebsocketEvent } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import { collect } from "../../support/samples.ts";
import { consumer, setUp, TOPIC } from "./answer-frame-support.ts";

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
    const user = expect.any(Function) as unknown;
    expect(requests).toEqual([{ action: "SUBSCRIBE", topicId: TOPIC, consumer, user, event }]);
    expect(await collect(subscriptions.topicsOf(consumer))).toEqual([]);
  });
});

describe("SUBSCRIBE without a decision of `authorize`", () => {
  it.each<[string, Authorize]>([
    ["throws", () => Promise.reject(new Error("the database is down"))],
    ["returns something unknown", (() => null) as unknown as Authorize],
  ])("posts AUTHORIZE_FAILED and does not subscribe if the hook %s", async (_, authorize) => {
    const { send, posted, subscriptions } = setUp({ authorize });
    const frame = { action: "SUBSCRIBE", topicId: TOPIC, requestId: "r" };
    expect(await send(frame)).toEqual({ statusCode: 200 });
    const message = "could not decide whether you may subscribe to topic; try again later";
    expect(posted()).toEqual([{ type: "ERROR", requestId: "r", code: "AUTHORIZE_FAILED", message }]);
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

it("posts PONG without positions if nothing can be looked up, because the connection is alive", async () => {
  const error = new PubsubError("STORAGE_FAILED", "table on fire", { retryable: true });
  const { send, posted, observed } = setUp({ subscriptions: { liveTopicsOf: () => Promise.reject(error) } });
  const positions = { [TOPIC]: { epoch: "000000000", offset: 0 } };
  expect(await send({ action: "PING", requestId: "r", positions })).toEqual({ statusCode: 200 });
  expect(posted()).toEqual([{ type: "PONG", requestId: "r", positions: {} }]);
  expect(observed).toEqual([{ event: "background-failure", stage: "frame-ping", error }]);
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
    [new PubsubError("APPEND_CONTENDED", "busy", { retryable: true }), "APPEND_CONTENDED"],
    [new TypeError("a mistake of ours"), "INTERNAL"],
    // A client would take these for its own mistake, and give up
    [new PubsubError("INVALID_ARGUMENT", "a mistake of ours"), "INTERNAL"],
    [new PubsubError("FORBIDDEN", "a mistake of ours"), "INTERNAL"],
  ])("posts an error without the reason, and logs the reason: %s", async (error, code) => {
    const { send, posted, observed } = setUp({ subscriptions: { put: () => Promise.reject(error) } });
    expect(await send({ action: "SUBSCRIBE", topicId: TOPIC, requestId: "r" })).toEqual({ statusCode: 200 });
    const message = "SUBSCRIBE failed; try again later";
    expect(posted()).toEqual([{ type: "ERROR", requestId: "r", code, message }]);
    expect(observed).toEqual([{ event: "background-failure", stage: "frame-subscribe", error }]);
  });
});
