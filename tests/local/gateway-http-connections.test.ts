import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Gateway } from "../../packages/local/src/gateway/index.ts";
import { drawLatencyMs } from "../../packages/local/src/gateway/post-latency.ts";
import { gatewayForTest, within } from "./gateway-support.ts";

/** Sends unsigned calls over one connection, as long as the gateway keeps it. */
function keepAliveClient({ port }: Gateway): { ask(): Promise<IncomingMessage>; sockets(): number } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const seen = new Set<unknown>();
  return {
    sockets: () => seen.size,
    async ask() {
      const sent = request({ port, agent, path: "/$default/%40connections/unknown%3D" }).end();
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      seen.add(response.socket);
      response.resume();
      await once(response, "end");
      return response;
    },
  };
}

describe("the gateway's HTTP connections", () => {
  it("end with every third response at closeEveryResponses: 3, which announces it", async () => {
    const gateway = await gatewayForTest({ closeEveryResponses: 3 });
    const client = keepAliveClient(gateway);
    const connections: unknown[] = [];
    for (let responses = 0; responses < 7; responses++)
      connections.push((await client.ask()).headers.connection);
    const [kept, closed] = ["keep-alive", "close"];
    expect(connections).toEqual([kept, kept, closed, kept, kept, closed, kept]);
    expect(client.sockets()).toBe(3);
  });

  it.each([
    [{}, ["keep-alive", "close"]],
    [{ closeEveryResponses: 0 }, ["keep-alive", "keep-alive"]],
  ])("end with response 1,000 by default, and never at 0: %j", async (options, expected) => {
    const client = keepAliveClient(await gatewayForTest(options));
    for (let responses = 0; responses < 998; responses++) await client.ask();
    expect([(await client.ask()).headers.connection, (await client.ask()).headers.connection]).toEqual(
      expected,
    );
  });

  it("do not announce how long they may be idle, and are closed after httpIdleMs", async () => {
    const gateway = await gatewayForTest({ httpIdleMs: 50 });
    const socket = connect(gateway.port, "127.0.0.1");
    onTestFinished(() => socket.destroy() as unknown as undefined);
    let received = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      received += text;
    });
    socket.write("GET /elsewhere HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await within("the gateway's close", once(socket, "close"));
    expect(received).toMatch(/^HTTP\/1\.1 403 /);
    expect(received.toLowerCase()).not.toContain("keep-alive:");
  });

  it("are closed after the first response if the client asks for it", async () => {
    const { port } = await gatewayForTest();
    const sent = request({ port, agent: false, path: "/elsewhere", headers: { connection: "close" } }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.headers.connection).toBe("close");
    response.resume();
  });
});

describe("postLatencyMs", () => {
  it.each([
    [15, 0.9, 15],
    [{ min: 10, max: 30 }, 0, 10],
    [{ min: 10, max: 30 }, 0.5, 20],
    [{ min: 7, max: 7 }, 0.5, 7],
  ])("%j waits, for the random number %d, %d ms", (latency, random, expected) => {
    expect(drawLatencyMs(latency, () => random)).toBe(expected);
  });
});
