import { describe, expect, it } from "vitest";
import type { Brake } from "../../../packages/pubsub/src/handlers/brake.ts";
import { setUp, TOPIC } from "./answer-frame-support.ts";

const nonce = "1-2-3-4";
const subscribe = { action: "SUBSCRIBE", topicId: TOPIC, format: "event", requestId: "r" };

/** The brake of a connection that costs too much. */
const REFUSING: Brake = {
  admit: () => Promise.resolve("refused"),
  charge: () => Promise.resolve(),
  mayWork: () => Promise.resolve(false),
  isOverworked: () => false,
};

describe("a message with a nonce", () => {
  it.each<[string, object, string]>([
    ["SUBSCRIBE", subscribe, "SUBSCRIBED"],
    ["UNSUBSCRIBE", { action: "UNSUBSCRIBE", topicId: TOPIC, requestId: "r" }, "UNSUBSCRIBED"],
    ["PING", { action: "PING", requestId: "r" }, "PONG"],
    ["an unknown action", { action: "JUMP", requestId: "r" }, "ERROR"],
    ["an invalid topic, without a request id", { action: "SUBSCRIBE", topicId: "" }, "ERROR"],
  ])("gets a response that repeats it: %s", async (_, frame, type) => {
    const { send, posted } = setUp();
    await send({ ...frame, nonce });
    expect(posted()).toMatchObject([{ type, nonce }]);
    await send(frame);
    expect(posted()[1]).toMatchObject({ type });
    expect(posted()[1]).not.toHaveProperty("nonce");
  });

  it("gets one if it is denied, or if the handler fails", async () => {
    const denied = setUp({ authorize: () => false });
    await denied.send({ ...subscribe, nonce });
    expect(denied.posted()).toMatchObject([{ code: "FORBIDDEN", nonce }]);
    const broken = setUp({ subscriptions: { put: () => Promise.reject(new Error("to order")) } });
    await broken.send({ ...subscribe, nonce });
    expect(broken.posted()).toMatchObject([{ code: "INTERNAL", nonce }]);
  });

  it("gets one if it comes too often", async () => {
    const { send, posted } = setUp({ brake: REFUSING });
    await send({ ...subscribe, nonce });
    expect(posted()).toMatchObject([{ code: "RATE_LIMITED", nonce }]);
  });

  it("is replayed events with it, and a message without is replayed the frames as they always were", async () => {
    const { send, publish, posted, log } = setUp();
    await publish("a", "b");
    const { last } = await log.tail(TOPIC);
    const since = { epoch: last?.epoch, offset: 0 };
    await send({ ...subscribe, since, nonce });
    await send({ action: "PING", requestId: "p", positions: { [TOPIC]: since }, nonce });
    await send({ action: "PING", requestId: "q", positions: { [TOPIC]: since } });
    const events = {
      type: "EVENTS",
      topicId: TOPIC,
      epoch: last?.epoch,
      events: expect.any(Array) as unknown,
    };
    const frames = posted().filter((frame) => (frame as { type: string }).type === "EVENTS");
    expect(frames).toEqual([{ ...events, nonce }, { ...events, nonce }, events]);
  });
});

describe("the subscription", () => {
  it.each([
    ["keeps the nonce with the event format", "event", { nonce }],
    ["does not keep it with the data format, which has no place for it", "data", {}],
  ])("%s", async (_, format, kept) => {
    const { send, subscriptions } = setUp();
    await send({ ...subscribe, format, nonce });
    const { subscriptions: rows } = await subscriptions.page({ topicId: TOPIC, limit: 10 });
    const [{ subscribedAt, expiresAtSeconds, consumer, topicId, ...rest } = {} as never] = rows;
    expect(rest).toEqual({ format, ...kept });
  });
});
