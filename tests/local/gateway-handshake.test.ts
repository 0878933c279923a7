import { once } from "node:events";
import type { Socket } from "node:net";
import { GoneException, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { rejectionOf } from "../support/samples.ts";
import {
  connectClient,
  gatewayForTest,
  rawHandshake,
  refusedHandshake,
  sdkFor,
  within,
} from "./gateway-support.ts";

const NEEDED = "but API Gateway needs { statusCode: 200 }";

describe("a handshake", () => {
  test("is accepted when $connect returns 2xx, with an id of AWS's shape", async () => {
    const gateway = await gatewayForTest();
    const { connectionId } = await connectClient(gateway);
    expect(connectionId).toMatch(/^[\w-]{15}=$/);
    expect(gateway.counts()).toMatchObject({ connections: 1, connected: 1, refused: 0 });
  });

  test.each(["/", "/$default", "/%24default", "/$default/", "/?token=1", "/%24default?token=1"])(
    "is accepted at %s",
    async (path) => {
      const gateway = await gatewayForTest();
      await connectClient(gateway, { path });
    },
  );

  test("is rejected with 403 at any other path, without invoking $connect", async () => {
    const gateway = await gatewayForTest();
    expect(await refusedHandshake(`${gateway.websocketUrl}/prod`)).toMatchObject({ status: 403 });
    expect(await refusedHandshake(`${gateway.websocketUrl}/%zz`)).toMatchObject({ status: 403 });
    expect(gateway.connects.all).toEqual([]);
  });

  test.each([401, 403, 500])("is rejected with the status of $connect: %i", async (statusCode) => {
    const gateway = await gatewayForTest({ invoke: async () => ({ statusCode }) });
    const { status, body } = await refusedHandshake(gateway.websocketUrl);
    expect(status).toBe(statusCode);
    expect(JSON.parse(body)).toMatchObject({
      connectionId: expect.any(String),
      requestId: expect.any(String),
    });
    expect(gateway.counts()).toMatchObject({ connections: 0, refused: 1, integrationErrors: 0 });
  });

  test.each([
    ["throws", async () => Promise.reject(new Error("boom")), "the invocation failed (boom)"],
    ["returns undefined", async () => undefined, `the function returned nothing, ${NEEDED}`],
    ["returns null", async () => null, `the function returned nothing, ${NEEDED}`],
    ["returns a string", async () => "200", `the function returned a string, ${NEEDED}`],
    ["returns an array", async () => [200], `the function returned an array, ${NEEDED}`],
    [
      "returns no status",
      async () => ({ body: "x" }),
      `the function returned an object without statusCode, ${NEEDED}`,
    ],
    [
      "returns the status 99",
      async () => ({ statusCode: 99 }),
      `the function returned the statusCode 99, ${NEEDED}`,
    ],
    [
      "returns the status {}",
      async () => ({ statusCode: {} }),
      `the function returned a statusCode that is not a number, ${NEEDED}`,
    ],
    ["takes too long", () => new Promise(() => undefined), "the function did not return within 20 ms"],
  ])("is rejected with 502 and a reason in the log when $connect %s", async (_, invoke, reason) => {
    const gateway = await gatewayForTest({ invoke, integrationTimeoutMs: 20 });
    expect(await refusedHandshake(gateway.websocketUrl)).toMatchObject({ status: 502 });
    expect(gateway.counts().integrationErrors).toBe(1);
    expect(gateway.logs[0]).toMatchObject({
      level: "warn",
      routeKey: "$connect",
      message: `$connect: ${reason}; the handshake failed with 502`,
    });
  });

  test("returns 410 to posts until $connect has returned", async () => {
    const postedDuringConnect: unknown[] = [];
    const gateway = await gatewayForTest({
      async invoke({ requestContext: { connectionId: ConnectionId, routeKey } }) {
        if (routeKey !== "$connect") return { statusCode: 200 };
        const post = sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "too early" }));
        postedDuringConnect.push(await rejectionOf(post));
        return { statusCode: 200 };
      },
    });
    const sdk = sdkFor(gateway);
    const { connectionId, frames } = await connectClient(gateway);
    expect(postedDuringConnect).toEqual([expect.any(GoneException)]);
    await sdk.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: "in time" }));
    expect(await frames.next("frame")).toEqual({ text: "in time", isBinary: false });
  });

  test.each([
    ["closes", (socket: Socket) => socket.destroy()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ])("that the client %s while $connect runs is still followed by $disconnect, once", async (_, leave) => {
    let finishConnect = (): void => undefined;
    const gateway = await gatewayForTest({
      invoke: ({ requestContext }) =>
        requestContext.routeKey === "$connect"
          ? new Promise((resolve) => {
              finishConnect = () => resolve({ statusCode: 200 });
            })
          : Promise.resolve({ statusCode: 200 }),
    });
    // The end of the client must arrive before the 101 is written
    gateway.faults.connect({ delayMs: 50 });
    const client = rawHandshake(gateway);
    const { connectionId } = (await gateway.connects.next("$connect")).requestContext;
    leave(client);
    finishConnect();
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext).toMatchObject({ connectionId, disconnectStatusCode: 1006 });
    expect(gateway.counts().connections).toBe(0);
    expect(gateway.disconnects.all).toHaveLength(1);
  });

  test("returns 429 beyond the rate of new connections", async () => {
    const gateway = await gatewayForTest({ limits: { connectBurst: 1, connectsPerSecond: 0.001 } });
    await connectClient(gateway);
    const refusal = await refusedHandshake(gateway.websocketUrl);
    expect(refusal).toMatchObject({ status: 429, errorType: "LimitExceededException" });
    expect(gateway.counts()).toMatchObject({ connections: 1, refused: 1, throttledConnects: 1 });
  });

  test("uses the subprotocol that $connect returns, and otherwise none", async () => {
    const gateway = await gatewayForTest({
      invoke: async () => ({ statusCode: 200, headers: { "Sec-WebSocket-Protocol": "v2" } }),
    });
    const socket = new WebSocket(gateway.websocketUrl, ["v1", "v2"]);
    onTestFinished(() => socket.terminate());
    await within("open socket", once(socket, "open"));
    expect(socket.protocol).toBe("v2");

    const silent = await gatewayForTest();
    const unanswered = new WebSocket(silent.websocketUrl, ["v1"]);
    onTestFinished(() => unanswered.terminate());
    const [error] = await within("error", once(unanswered, "error"));
    expect(String(error)).toContain("no subprotocol");
  });

  test.each<[string, string[], string]>([
    ["one that the client did not offer", ["v1"], "Server sent an invalid subprotocol"],
    ["one though the client offered none", [], "Server sent a subprotocol but none was requested"],
  ])(
    "sends the subprotocol that $connect names, also %s, and the client fails the handshake",
    async (_, offered, message) => {
      const gateway = await gatewayForTest({
        invoke: async () => ({ statusCode: 200, headers: { "sec-websocket-protocol": "v2" } }),
      });
      const socket = new WebSocket(gateway.websocketUrl, offered);
      onTestFinished(() => socket.terminate());
      const [error] = await within("error", once(socket, "error"));
      expect(String(error)).toContain(message);
    },
  );
});
