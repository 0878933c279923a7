import {
  GetConnectionCommand,
  LimitExceededException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { rejectionOf } from "../support/samples.ts";
import { connectClient, gatewayForTest, refusedHandshake, sdkFor, within } from "./gateway-support.ts";

describe("the account's bucket", () => {
  test("returns 429 for every connection and every call when it is empty, and refills", async () => {
    // Two handshakes and two posts
    const gateway = await gatewayForTest({ limits: { postBurst: 4, postsPerSecond: 0.001 } });
    const sdk = sdkFor(gateway);
    const { connectionId: first } = await connectClient(gateway);
    const { connectionId: second, frames } = await connectClient(gateway);
    const post = (ConnectionId: string) =>
      sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "hello" }));
    await post(first);
    await post(first);
    const error = await rejectionOf(post(second));
    expect(error).toBeInstanceOf(LimitExceededException);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 429 } });
    const get = sdk.send(new GetConnectionCommand({ ConnectionId: second }));
    expect(await rejectionOf(get)).toBeInstanceOf(LimitExceededException);
    expect(gateway.counts()).toMatchObject({
      posts: 3,
      delivered: 2,
      throttledAccount: 2,
      throttledConnection: 0,
    });
    expect(gateway.posts.all[2]).toMatchObject({ connectionId: second, status: 429, cause: "account" });

    gateway.setLimits({ postsPerSecond: 1_000_000 });
    await post(second);
    expect((await frames.next("frame")).text).toBe("hello");
  });
});

describe("the account's bucket, which posts have emptied", () => {
  const emptied = async (burst: number) => {
    const gateway = await gatewayForTest({ limits: { postBurst: burst, postsPerSecond: 0.001 } });
    const client = await connectClient(gateway);
    const post = new PostToConnectionCommand({ ConnectionId: client.connectionId, Data: "hello" });
    for (let posts = 1; posts < burst; posts++) await sdkFor(gateway).send(post);
    return { gateway, client };
  };

  test("rejects a handshake with 429, though the bucket for new connections is full", async () => {
    const { gateway } = await emptied(3);
    expect(await refusedHandshake(gateway.websocketUrl)).toMatchObject({
      status: 429,
      errorType: "LimitExceededException",
    });
    expect(gateway.counts()).toMatchObject({ connected: 1, refused: 1, throttledConnects: 1 });
  });

  test("sends Too Many Requests for a client's message, which reaches no function", async () => {
    const { gateway, client } = await emptied(2);
    expect((await client.frames.next("post")).text).toBe("hello");
    client.socket.send('{"action":"SUBSCRIBE","topicId":"news"}');
    expect(JSON.parse((await client.frames.next("error")).text)).toEqual({
      message: "Too Many Requests",
      connectionId: client.connectionId,
      requestId: expect.stringMatching(/=$/),
    });
    expect(gateway.messages.all).toEqual([]);
    expect(gateway.counts()).toMatchObject({ messages: 0, throttledMessages: 1 });
    gateway.setLimits({ postsPerSecond: 1_000_000 });
    client.socket.send("again");
    expect(await gateway.messages.next("message")).toMatchObject({ body: "again" });
  });

  test("counts a message of several 32 KB as one request", async () => {
    const gateway = await gatewayForTest({
      limits: { postBurst: 3, postsPerSecond: 0.001, frameBytes: 131_072 },
    });
    const { socket } = await connectClient(gateway);
    socket.send("x".repeat(131_072));
    socket.send("last token");
    await gateway.messages.next("large message");
    expect(await gateway.messages.next("message")).toMatchObject({ body: "last token" });
    expect(gateway.counts()).toMatchObject({ messages: 2, throttledMessages: 0 });
  });
});

describe("a connection's buffer", () => {
  test("returns 429 for only that connection when it is full, and 200 again after it drains", async () => {
    const gateway = await gatewayForTest({ limits: { connectionBufferBytes: 100_000 } });
    const sdk = sdkFor(gateway);
    const { connectionId: slow, socket } = await connectClient(gateway);
    const { connectionId: quick, frames } = await connectClient(gateway);
    const data = Buffer.alloc(131_072, "x");
    const post = (ConnectionId: string) =>
      sdk.send(new PostToConnectionCommand({ ConnectionId, Data: data }));

    // The client reads nothing. The kernel's buffers of both sides fill first, and these posts get 200
    socket.pause();
    const error = await rejectionOf(repeat(500, () => post(slow)));
    expect(error).toBeInstanceOf(LimitExceededException);
    await post(quick);
    expect((await frames.next("frame")).text).toHaveLength(data.length);
    expect(gateway.counts()).toMatchObject({ throttledAccount: 0, throttledConnection: 1 });
    expect(gateway.posts.all).toContainEqual(
      expect.objectContaining({ connectionId: slow, status: 429, cause: "connection", delivered: false }),
    );

    const delivered = gateway.posts.all.filter((one) => one.connectionId === slow && one.delivered).length;
    const drained = new Promise<void>((resolve) => {
      let seen = 0;
      socket.on("message", () => {
        seen += 1;
        if (seen === delivered) resolve();
      });
    });
    socket.resume();
    await within("drained buffer", drained);
    await post(slow);
  });
});

describe("time limits", () => {
  test("closes an idle connection with 1001", async () => {
    const gateway = await gatewayForTest({ limits: { idleTimeoutMs: 1_000 } });
    const { closed } = await connectClient(gateway);
    expect(await within("close", closed)).toEqual({ code: 1001, reason: "Going away" });
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext.disconnectStatusCode).toBe(1001);
  });

  test("keeps a connection open for messages of either side, but not for WebSocket pings", async () => {
    const gateway = await gatewayForTest({ limits: { idleTimeoutMs: 3_000 } });
    const sdk = sdkFor(gateway);
    const talking = await connectClient(gateway);
    const listening = await connectClient(gateway);
    const pinging = await connectClient(gateway);
    const post = new PostToConnectionCommand({ ConnectionId: listening.connectionId, Data: "still here" });
    const traffic = setInterval(() => {
      talking.socket.send("still here");
      sdk.send(post).catch(() => undefined);
      pinging.socket.ping();
    }, 20);
    expect((await within("close", pinging.closed).finally(() => clearInterval(traffic))).code).toBe(1001);
    expect(gateway.connectionIds()).toEqual([talking.connectionId, listening.connectionId]);
    for (const { closed } of [talking, listening]) expect((await within("close", closed)).code).toBe(1001);
  });

  test("closes a connection with 1001 at its maximum age, even if it has traffic", async () => {
    const gateway = await gatewayForTest({ limits: { maxConnectionMs: 1_000 } });
    const { socket, closed } = await connectClient(gateway);
    const talk = setInterval(() => socket.send("still here"), 10);
    expect((await within("close", closed).finally(() => clearInterval(talk))).code).toBe(1001);
  });

  test("applies changed limits to connections that are already open", async () => {
    const gateway = await gatewayForTest();
    const { closed } = await connectClient(gateway);
    gateway.setLimits({ idleTimeoutMs: 20 });
    expect((await within("close", closed)).code).toBe(1001);
  });
});

describe("sizes of what a client sends", () => {
  test.each([
    ["a frame over the limit", [33_000]],
    ["a message over the limit in frames below it", [30_000, 30_000, 30_000, 30_000, 30_000]],
    ["a frame over both limits", [200_000]],
  ])("closes the connection with 1009 and hands on nothing: %s", async (_, frameSizes) => {
    const gateway = await gatewayForTest();
    const { socket, closed } = await connectClient(gateway);
    sendFragments(socket, frameSizes);
    expect((await within("close", closed)).code).toBe(1009);
    expect((await gateway.disconnects.next("$disconnect")).requestContext.disconnectStatusCode).toBe(1009);
    expect(gateway.messages.all).toEqual([]);
  });

  test("passes a message of the largest size, in frames of the largest size, to the integration", async () => {
    const gateway = await gatewayForTest();
    const { socket } = await connectClient(gateway);
    sendFragments(socket, [32_768, 32_768, 32_768, 32_768]);
    expect((await gateway.messages.next("message")).body).toHaveLength(131_072);
  });

  test("applies lowered limits to connections that are already open", async () => {
    const gateway = await gatewayForTest();
    const { socket, closed } = await connectClient(gateway);
    socket.send("x".repeat(100));
    await gateway.messages.next("message");
    gateway.setLimits({ frameBytes: 99 });
    socket.send("x".repeat(100));
    expect((await within("close", closed)).code).toBe(1009);
    expect(gateway.messages.all).toHaveLength(1);
  });
});

function sendFragments(socket: WebSocket, sizes: readonly number[]): void {
  for (const [index, size] of sizes.entries()) {
    socket.send("x".repeat(size), { fin: index === sizes.length - 1 });
  }
}

async function repeat(times: number, action: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 1) await action();
}
