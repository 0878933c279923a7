import {
  DeleteConnectionCommand,
  ForbiddenException,
  GetConnectionCommand,
  GoneException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, test } from "vitest";
import { rejectionOf } from "../support/samples.ts";
import { sendSigned } from "./gateway-signing.ts";
import { connectClient, gatewayForTest, sdkFor } from "./gateway-support.ts";

describe("@connections through AWS's SDK", () => {
  test.each(["/$default", "/%24default", "/$default/"])(
    "delivers a POST to the client at %s",
    async (stage) => {
      const gateway = await gatewayForTest();
      const { connectionId, frames } = await connectClient(gateway);
      const sdk = sdkFor(gateway, { endpoint: `http://${gateway.domainName}${stage}` });
      await sdk.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: '{"ü":1}' }));
      expect(await frames.next("frame")).toEqual({ text: '{"ü":1}', isBinary: false });
      expect(await gateway.posts.next("record")).toEqual({
        atMs: expect.any(Number),
        connectionId,
        status: 200,
        bytes: 8,
        body: Buffer.from('{"ü":1}'),
        delivered: true,
        caller: "",
      });
      expect(gateway.counts()).toMatchObject({ posts: 1, delivered: 1, forbidden: 0 });
    },
  );

  test("requires the stage's own name in a POST", async () => {
    const gateway = await gatewayForTest({ stage: "prod" });
    expect(gateway.managementEndpoint).toBe(`http://${gateway.domainName}/prod`);
    const { connectionId, frames } = await connectClient(gateway, { path: "/prod" });
    const post = new PostToConnectionCommand({ ConnectionId: connectionId, Data: "hello" });
    await sdkFor(gateway).send(post);
    expect((await frames.next("frame")).text).toBe("hello");
    const elsewhere = sdkFor(gateway, { endpoint: `http://${gateway.domainName}/$default` });
    expect(await rejectionOf(elsewhere.send(post))).toBeInstanceOf(ForbiddenException);
  });

  test("returns GoneException to a POST to an id that is not open", async () => {
    const gateway = await gatewayForTest();
    const sdk = sdkFor(gateway);
    const { socket, connectionId } = await connectClient(gateway);
    socket.close();
    await gateway.disconnects.next("$disconnect");
    for (const ConnectionId of [connectionId, "L0SM9cOFvHcCIhw=", "neverOne"]) {
      const error = await rejectionOf(sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "late" })));
      expect(error).toBeInstanceOf(GoneException);
      expect(error).toMatchObject({ $metadata: { httpStatusCode: 410, requestId: expect.any(String) } });
    }
    expect(gateway.counts()).toMatchObject({ posts: 3, delivered: 0, gone: 3 });
    expect(await gateway.posts.next("record")).toMatchObject({ connectionId, status: 410, delivered: false });
  });

  test("returns a 410 without a body, with GoneException only in its header", async () => {
    const answer = await sendSigned(await gatewayForTest());
    expect(answer).toMatchObject({ status: 410, message: undefined });
    expect(answer.headers).toMatchObject({ "x-amzn-errortype": "GoneException", "content-length": "0" });
  });

  test.each(["cjy8i76bx002884le6n17d49b", "never was/one", "gone=", "a"])(
    "returns BadRequestException to any call to an id that cannot be decoded: %s",
    async (ConnectionId) => {
      const gateway = await gatewayForTest();
      const sdk = sdkFor(gateway);
      for (const command of [
        new PostToConnectionCommand({ ConnectionId, Data: "hello" }),
        new GetConnectionCommand({ ConnectionId }),
        new DeleteConnectionCommand({ ConnectionId }),
      ]) {
        expect(await rejectionOf(sdk.send(command as PostToConnectionCommand))).toMatchObject({
          name: "BadRequestException",
          message: `Invalid connectionId: ${ConnectionId}`,
          $metadata: { httpStatusCode: 400 },
        });
      }
      expect(gateway.counts()).toMatchObject({ posts: 1, invalidIds: 1, gone: 0 });
    },
  );

  test("returns PayloadTooLargeException to a POST over the limit, but not at the limit", async () => {
    const gateway = await gatewayForTest({ limits: { messageBytes: 1_000 } });
    const { connectionId: ConnectionId, frames } = await connectClient(gateway);
    const sdk = sdkFor(gateway);
    const tooLarge = new PostToConnectionCommand({ ConnectionId, Data: Buffer.alloc(1_001, "x") });
    expect(await rejectionOf(sdk.send(tooLarge))).toBeInstanceOf(PayloadTooLargeException);
    await sdk.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.alloc(1_000, "y") }));
    expect((await frames.next("frame")).text).toBe("y".repeat(1_000));
    expect(gateway.counts()).toMatchObject({ posts: 2, tooLarge: 1, delivered: 1 });
  });

  test("delivers a POST that is not UTF-8 as a text frame", async () => {
    const gateway = await gatewayForTest();
    const { connectionId: ConnectionId, frames } = await connectClient(gateway);
    await sdkFor(gateway).send(
      new PostToConnectionCommand({ ConnectionId, Data: new Uint8Array([255, 65]) }),
    );
    expect(await frames.next("frame")).toEqual({ text: "\ufffdA", isBinary: false });
  });

  test("returns the time and the source of a connection to GET", async () => {
    const gateway = await gatewayForTest();
    const { connectionId: ConnectionId, socket } = await connectClient(gateway, {
      client: { headers: { "user-agent": "test/1" } },
    });
    const { connectedAt } = (await gateway.connects.next("$connect")).requestContext;
    socket.send("hello");
    await gateway.messages.next("message");
    const answer = await sdkFor(gateway).send(new GetConnectionCommand({ ConnectionId }));
    expect(answer).toMatchObject({
      ConnectedAt: new Date(connectedAt),
      LastActiveAt: expect.any(Date),
      Identity: { SourceIp: "127.0.0.1", UserAgent: "test/1" },
    });
    expect(answer.LastActiveAt?.getTime()).toBeGreaterThanOrEqual(connectedAt);
  });

  test("closes the connection with AWS's code on DELETE, and reports it gone at once", async () => {
    const gateway = await gatewayForTest();
    const sdk = sdkFor(gateway);
    const { connectionId: ConnectionId, closed } = await connectClient(gateway);
    const { $metadata } = await sdk.send(new DeleteConnectionCommand({ ConnectionId }));
    expect($metadata.httpStatusCode).toBe(204);
    const post = sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "late" }));
    expect(await rejectionOf(post)).toBeInstanceOf(GoneException);
    expect(await closed).toEqual({ code: 1000, reason: "Connection Closed Normally" });
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext).toMatchObject({
      disconnectStatusCode: 1000,
      disconnectReason: "Connection Closed Normally",
    });
    for (const command of [
      new GetConnectionCommand({ ConnectionId }),
      new DeleteConnectionCommand({ ConnectionId }),
    ]) {
      expect(await rejectionOf(sdk.send(command))).toBeInstanceOf(GoneException);
    }
  });
});

describe("@connections by hand", () => {
  test("returns 200 with an empty body to a successful POST and keeps the HTTP connection open", async () => {
    const gateway = await gatewayForTest();
    const { connectionId } = await connectClient(gateway);
    const path = `/%24default/%40connections/${encodeURIComponent(connectionId)}`;
    const answer = await sendSigned(gateway, { path, headers: { connection: "keep-alive" } });
    expect(answer).toMatchObject({ status: 200, message: undefined });
    expect(answer.headers).toMatchObject({ connection: "keep-alive", "content-length": "0" });
  });

  test("returns 413 to a body far beyond the limit without keeping it, however it is sent", async () => {
    const gateway = await gatewayForTest();
    const body = Buffer.alloc(5_000_000, "x");
    expect(await sendSigned(gateway, { body })).toMatchObject({ status: 413 });
    const chunked = { "transfer-encoding": "chunked" };
    expect(await sendSigned(gateway, { body, unsignedHeaders: chunked })).toMatchObject({ status: 413 });
    expect(gateway.counts()).toMatchObject({ tooLarge: 2 });
  });

  test.each([
    "/%24default/%40connections",
    "/%24default/elsewhere/id",
    "/%24default/%40connections/a/b",
    "/%zz",
  ])("rejects a path that the API does not have: %s", async (path) => {
    const gateway = await gatewayForTest();
    const { status, headers } = await sendSigned(gateway, { path });
    expect({ status, errorType: headers["x-amzn-errortype"] }).toEqual({
      status: 403,
      errorType: "ForbiddenException",
    });
  });

  test.each(["/", "/%40connections/unknown%3D", "/prod/%40connections/unknown%3D", "/elsewhere"])(
    "returns 403 Forbidden to %s, which names no stage of this API, with a valid signature and without",
    async (path) => {
      const gateway = await gatewayForTest();
      for (const authorization of [{}, { authorization: undefined }, { secretAccessKey: "wrong" }]) {
        const { status, message, headers } = await sendSigned(gateway, { path, ...authorization });
        expect({ status, message, errorType: headers["x-amzn-errortype"] }).toEqual({
          status: 403,
          message: "Forbidden",
          errorType: "ForbiddenException",
        });
      }
    },
  );

  test("rejects a method that the API does not have", async () => {
    const gateway = await gatewayForTest();
    expect(await sendSigned(gateway, { method: "PUT" })).toMatchObject({ status: 403, message: "Forbidden" });
  });
});
