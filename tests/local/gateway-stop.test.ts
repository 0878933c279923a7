import { once } from "node:events";
import { connect, createServer } from "node:net";
import { PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { closedPort } from "../support/free-ports.ts";
import { rejectionOf } from "../support/samples.ts";
import { connectClient, gatewayForTest, rawHandshake, sdkFor, within } from "./gateway-support.ts";

/** Returns the gateway's handles that keep this process alive. */
function openResources(): Record<string, number> {
  const counted: Record<string, number> = { TCPServerWrap: 0, TCPSocketWrap: 0, Timeout: 0 };
  for (const name of process.getActiveResourcesInfo()) {
    if (name in counted) counted[name] = (counted[name] ?? 0) + 1;
  }
  return counted;
}

describe("stop", () => {
  test("closes all clients, idle and hanging callers, handshakes and running invocations", async () => {
    const before = openResources();
    const gateway = await gatewayForTest({
      postLatencyMs: 60_000,
      invoke: ({ requestContext, headers }) =>
        requestContext.routeKey === "$default" || headers?.["x-hang"] !== undefined
          ? new Promise(() => undefined)
          : Promise.resolve({ statusCode: 200 }),
    });
    const sdk = sdkFor(gateway);
    const { socket, connectionId: ConnectionId, closed } = await connectClient(gateway);
    const { socket: unread, connectionId: unreadId } = await connectClient(gateway);
    unread.pause();
    gateway.disconnect(unreadId);

    socket.send("never answered");
    await gateway.messages.next("message");
    const pendingHandshake = new WebSocket(gateway.websocketUrl, { headers: { "x-hang": "yes" } });
    const handshakeFailed = once(pendingHandshake, "error");
    await gateway.connects.next("first $connect");
    await gateway.connects.next("second $connect");
    await gateway.connects.next("third $connect");
    gateway.faults.connect({ delayMs: 60_000 });
    const delayedHandshake = rawHandshake(gateway);
    await gateway.connects.next("fourth $connect");
    gateway.faults.post({ times: 1, act: "hang" });
    const calls = ["hangs", "waits for its latency"].map((Data) =>
      rejectionOf(sdk.send(new PostToConnectionCommand({ ConnectionId, Data }))),
    );
    await gateway.posts.next("record");
    await gateway.posts.next("record");
    const idle = connect(gateway.port, "127.0.0.1");
    await once(idle, "connect");
    const idleClosed = once(idle.resume(), "close");

    await within("stop", gateway.stop());
    await gateway.stop();
    await within("closed clients", Promise.all([closed, handshakeFailed, idleClosed, ...calls]));
    unread.terminate();
    delayedHandshake.destroy();
    sdk.destroy();
    expect(gateway.connectionIds()).toEqual([]);
    expect(gateway.disconnects.all).toEqual([]);
    await expect.poll(openResources).toEqual(before);
  });

  test("does not wait for a rejected client to end its side", async () => {
    const gateway = await gatewayForTest({ invoke: async () => ({ statusCode: 403 }) });
    const refused = rawHandshake(gateway);
    await within("refusal", once(refused, "end"));
    await within("stop", gateway.stop());
  });

  test("frees the port", async () => {
    const port = await closedPort();
    const gateway = await gatewayForTest({ port });
    await gateway.stop();
    const again = await gatewayForTest({ port });
    await connectClient(again);
  });

  test("rejects a start on a port in use", async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    await once(taken.listen(0, "127.0.0.1"), "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    expect(await rejectionOf(gatewayForTest({ port }))).toMatchObject({
      code: "PORT_IN_USE",
      context: { host: "127.0.0.1", port, service: "gateway" },
    });
  });
});
