import { describe, expect, test } from "vitest";
import { connectClient, gatewayForTest } from "./gateway-support.ts";

describe("routes", () => {
  test("passes the client's headers and query, and API Gateway's additions, to $connect", async () => {
    const gateway = await gatewayForTest();
    const { connectionId } = await connectClient(gateway, {
      path: "/?token=a&tag=x&tag=y",
      client: { headers: { "User-Agent": "test/1", "X-Custom": "yes" } },
    });
    const event = await gateway.connects.next("$connect");
    expect(event).toMatchObject({
      headers: { Host: gateway.domainName, "X-Custom": "yes", "X-Forwarded-For": "127.0.0.1" },
      multiValueHeaders: { "X-Custom": ["yes"], "Sec-WebSocket-Version": ["13"] },
      queryStringParameters: { token: "a", tag: "y" },
      multiValueQueryStringParameters: { token: ["a"], tag: ["x", "y"] },
      isBase64Encoded: false,
      requestContext: {
        routeKey: "$connect",
        eventType: "CONNECT",
        messageDirection: "IN",
        connectionId,
        domainName: gateway.domainName,
        stage: "$default",
        apiId: expect.any(String),
        requestId: expect.stringMatching(/=$/),
        extendedRequestId: expect.stringMatching(/=$/),
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        requestTimeEpoch: expect.any(Number),
        connectedAt: expect.any(Number),
        identity: { sourceIp: "127.0.0.1", userAgent: "test/1" },
      },
    });
    expect(Object.keys(event.headers ?? {})).not.toContain("Upgrade");
    expect(event).not.toHaveProperty("body");
  });

  test("passes no query parameters to $connect without a query", async () => {
    const gateway = await gatewayForTest();
    await connectClient(gateway);
    const event = await gateway.connects.next("$connect");
    expect(event).not.toHaveProperty("queryStringParameters");
  });

  test("routes a text message with any action to $default", async () => {
    const gateway = await gatewayForTest();
    const { socket, connectionId } = await connectClient(gateway);
    const body = '{"action":"SUBSCRIBE","topicId":"ü"}';
    socket.send(body);
    expect(await gateway.messages.next("message")).toMatchObject({
      body,
      isBase64Encoded: false,
      requestContext: {
        routeKey: "$default",
        eventType: "MESSAGE",
        connectionId,
        messageId: expect.stringMatching(/=$/),
      },
    });
  });

  test("passes a binary message to $default in base64", async () => {
    const gateway = await gatewayForTest();
    const { socket } = await connectClient(gateway);
    socket.send(Buffer.from([0, 255, 128]));
    const { body, isBase64Encoded } = await gateway.messages.next("message");
    expect(isBase64Encoded).toBe(true);
    expect([...Buffer.from(body ?? "", "base64")]).toEqual([0, 255, 128]);
  });

  test("invokes messages in order of arrival without waiting for each other", async () => {
    const answers: (() => void)[] = [];
    const gateway = await gatewayForTest({
      invoke: ({ requestContext }) =>
        requestContext.routeKey === "$default"
          ? new Promise((resolve) => answers.push(() => resolve({ statusCode: 200 })))
          : Promise.resolve({ statusCode: 200 }),
    });
    const { socket } = await connectClient(gateway);
    for (const text of ["1", "2", "3"]) socket.send(text);
    for (const text of ["1", "2", "3"]) expect((await gateway.messages.next("message")).body).toBe(text);
    expect(answers).toHaveLength(3);
    for (const answer of answers) answer();
  });

  test.each([
    ["throws", async () => Promise.reject(new Error("boom"))],
    ["returns 500", async () => ({ statusCode: 500 })],
    ["returns nothing", async () => undefined],
    ["takes too long", () => new Promise(() => undefined)],
  ])("returns an internal error to a message whose integration %s", async (_, onMessage) => {
    const gateway = await gatewayForTest({
      integrationTimeoutMs: 500,
      invoke: ({ requestContext }) =>
        requestContext.routeKey === "$default" ? onMessage() : Promise.resolve({ statusCode: 200 }),
    });
    const { socket, connectionId, frames } = await connectClient(gateway);
    socket.send("hello");
    const { requestContext } = await gateway.messages.next("message");
    expect(JSON.parse((await frames.next("error frame")).text)).toEqual({
      message: "Internal server error",
      connectionId,
      requestId: requestContext.requestId,
    });
  });

  test("does not send the body of an integration's result to the client", async () => {
    const gateway = await gatewayForTest({
      invoke: async ({ body }) =>
        body === "fail" ? { statusCode: 500 } : { statusCode: 200, body: "not for you" },
    });
    const { socket, frames } = await connectClient(gateway);
    socket.send("hello");
    socket.send("fail");
    expect((await frames.next("frame")).text).toContain("Internal server error");
    expect(frames.all).toHaveLength(1);
  });

  test.each([
    ["with a code", 4_001, "bye", 4_001, "bye"],
    ["without a code", undefined, undefined, 1005, "Client-side close frame status not set"],
  ])(
    "invokes $disconnect once after a client's close %s",
    async (_, code, reason, statusCode, disconnectReason) => {
      const gateway = await gatewayForTest();
      const { socket, connectionId, closed } = await connectClient(gateway);
      socket.close(code, reason);
      const { requestContext, headers } = await gateway.disconnects.next("$disconnect");
      expect(headers).toMatchObject({ Host: gateway.domainName });
      expect(requestContext).toMatchObject({
        routeKey: "$disconnect",
        eventType: "DISCONNECT",
        connectionId,
        disconnectStatusCode: statusCode,
        disconnectReason,
      });
      await closed;
      expect(gateway.connectionIds()).toEqual([]);
      expect(gateway.disconnects.all).toHaveLength(1);
    },
  );

  test("invokes $disconnect after a connection breaks", async () => {
    const gateway = await gatewayForTest();
    const { socket } = await connectClient(gateway);
    socket.terminate();
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext.disconnectStatusCode).toBe(1006);
  });

  test.each([
    [undefined, 1001, 1001],
    [1012, 1012, 1012],
    [1006, 1006, 1006],
  ])("closes a connection that the server cuts with %s: the client sees %i", async (code, seen, told) => {
    const gateway = await gatewayForTest();
    const { connectionId, closed } = await connectClient(gateway);
    gateway.disconnect(connectionId, code);
    expect(gateway.connectionIds()).toEqual([]);
    gateway.disconnect(connectionId, 4_000);
    expect((await closed).code).toBe(seen);
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext.disconnectStatusCode).toBe(told);
    gateway.disconnect(connectionId);
  });
});
