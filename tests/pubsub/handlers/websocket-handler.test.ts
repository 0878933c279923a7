/** The tests call the WebSocket handler with in-memory ports: they pass the events of AWS and check what returns. */
import { describe, expect, it, vi } from "vitest";
import type { LambdaContext } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import {
  createWebsocketHandler,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/websocket.ts";
import { collect, rejectionOf, subscriptionOf } from "../../support/samples.ts";
import { config, consumer, context, invalid, steps } from "./handler-doubles.ts";

vi.mock("../../../packages/pubsub/src/api/create-pubsub.ts", async () => {
  return (await import("./handler-doubles.ts")).createPubsubDouble;
});
vi.mock("../../../packages/pubsub/src/observe/powertools.ts", async () => {
  return (await import("./handler-doubles.ts")).powertoolsDouble;
});

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
      "createWebsocketHandler has no option authorise; it has config, authorize, validate, actions, authorizeTimeoutMs, maxSubscriptions, maxMessagesPerSecond, maxDollarsPerHour, presence, markActivity, subprotocol, userTopics",
    ],
  ])("rejects invalid options: %j", (options, message) => {
    expect(() => createWebsocketHandler(options as WebsocketHandlerOptions)).toThrow(invalid(message));
  });

  it("lets every client connect if everybody may, and returns 403 if `authorize` denies a connection", async () => {
    expect(await createWebsocketHandler({ config, authorize: "everybody" })(eventOf("CONNECT"))).toEqual({
      statusCode: 200,
    });
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
    expect(asked[0]).toEqual({
      action: "CONNECT",
      consumer,
      user: expect.any(Function),
      event: eventOf("CONNECT"),
    });
  });

  it("returns 500 to a CONNECT that `authorize` could not decide about, because 403 means no", async () => {
    const failing = { config, authorize: () => Promise.reject(new Error("the database is down")) };
    expect(await createWebsocketHandler(failing)(eventOf("CONNECT"))).toEqual({ statusCode: 500 });
    const hanging = { config, authorize: () => new Promise<boolean>(() => {}), authorizeTimeoutMs: 1 };
    expect(await createWebsocketHandler(hanging)(eventOf("CONNECT"))).toEqual({ statusCode: 500 });
  });

  it("retries a response only in the time that the invocation has left", async () => {
    const handler = createWebsocketHandler({ config, authorize: "everybody" });
    const ping = eventOf("MESSAGE", JSON.stringify({ action: "PING", requestId: "r" }));
    context.connections.close(consumer);
    await handler(ping, { getRemainingTimeInMillis: () => 60 } as LambdaContext);
    expect(context.clock.slept).toEqual([25]);
    await handler(ping);
    expect(context.clock.slept).toEqual([25, 25, 50, 100]);
  });

  // Such a client was connected, and received nothing at all: neither events nor errors
  it("returns 500 to a client at a domain that nothing can be posted to, and names the missing setting", async () => {
    const reason = "ws.example.com is not a host of API Gateway: config.managementEndpoint must name …";
    context.connections.whyNotPosted = () => reason;
    const handler = createWebsocketHandler({ config, authorize: "everybody" });
    const subscribe = JSON.stringify({ action: "SUBSCRIBE", topicId: "t", requestId: "r" });
    await context.subscriptions.put(subscriptionOf("c", "before"));
    expect(await handler(eventOf("CONNECT"))).toEqual({ statusCode: 500 });
    expect(await handler(eventOf("MESSAGE", subscribe))).toEqual({ statusCode: 500 });
    const message = `the connection could not be posted to: ${reason}`;
    const error = expect.objectContaining({ code: "INVALID_ARGUMENT", message });
    const reported = { event: "background-failure", stage: "route-connection", error };
    expect(context.observed).toEqual([reported, reported]);
    expect(await collect(context.subscriptions.topicsOf(consumer))).toEqual(["before"]);
    expect(await handler(eventOf("DISCONNECT"))).toEqual({ statusCode: 200 });
    expect(await collect(context.subscriptions.topicsOf(consumer))).toEqual([]);
  });

  it("removes all subscriptions of a connection that disconnects", async () => {
    for (const topicId of ["a", "b"]) await context.subscriptions.put(subscriptionOf("c", topicId));
    expect(await createWebsocketHandler({ config, authorize: "everybody" })(eventOf("DISCONNECT"))).toEqual({
      statusCode: 200,
    });
    expect(await collect(context.subscriptions.topicsOf(consumer))).toEqual([]);
  });

  it("handles a MESSAGE event as a protocol frame, and sends PONG for a PING", async () => {
    const frame = JSON.stringify({ action: "PING", requestId: "r" });
    expect(
      await createWebsocketHandler({ config, authorize: "everybody" })(eventOf("MESSAGE", frame)),
    ).toEqual({ statusCode: 200 });
    expect(context.connections.received(consumer)).toEqual(['{"type":"PONG","requestId":"r"}']);
  });

  it("sends RATE_LIMITED to a client that sends too fast, and TOO_MANY_SUBSCRIPTIONS above the limit", async () => {
    const handler = createWebsocketHandler({
      config,
      authorize: "everybody",
      maxMessagesPerSecond: 1,
      maxSubscriptions: 1,
    });
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
    const handler = createWebsocketHandler({ config, authorize: "everybody" });
    await handler(eventOf("CONNECT"));
    expect(steps).toEqual(["begin", "end"]);
    expect(await rejectionOf(handler({ requestContext: {} }))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(steps).toEqual(["begin", "end", "begin", "end"]);
  });
});
