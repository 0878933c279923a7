/** The client on real sockets: Node's WebSocket and that of `ws`. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket as WsWebSocket } from "ws";
import { createPubsubClient, type WebSocketConstructor } from "../../packages/client/src/index.ts";
import { startTinyServer, type TinyServer } from "../support/client-server.ts";
import { eventually } from "../support/eventually.ts";

let server: TinyServer;
beforeAll(async () => {
  server = await startTinyServer();
});
afterAll(() => server.stop());

const implementations: [string, WebSocketConstructor | undefined][] = [
  ["Node's", undefined],
  ["ws", WsWebSocket],
];

it.each(implementations)(
  "%s WebSocket delivers 200 events once and in order through cuts and rotations",
  async (name, webSocket) => {
    const errors: unknown[] = [];
    const topicId = `room of ${name}`;
    const client = createPubsubClient({
      url: server.url,
      webSocket,
      maxConnectionAgeMs: 300,
      heartbeatMs: 200,
      backoff: { baseMs: 20, maxMs: 100 },
      onError: (error) => errors.push(error),
    });
    const seen: number[] = [];
    const subscription = client.subscribe<{ n: number }>(topicId, ({ data }) => seen.push(data.n));
    await subscription.ready;
    for (let n = 1; n <= 200; n++) {
      server.publish(topicId, { n });
      if (n % 60 === 0) server.cut();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const all = Array.from({ length: 200 }, (_, index) => index + 1);
    await eventually(() => expect(seen).toEqual(all));
    const read: number[] = [];
    for await (const { data } of client.events<{ n: number }>(topicId, {
      since: { epoch: "epoch-1", offset: 0 },
    })) {
      if (read.push(data.n) === 200) break;
    }
    expect(read).toEqual(all);
    client.close();
    expect(errors).toEqual([]);
  },
);

it("closes while it connects, without an unhandled error", async () => {
  for (const [, webSocket] of implementations) {
    for (const url of [server.url, "ws://127.0.0.1:9"]) {
      const closing = createPubsubClient({ url, webSocket, onError: () => {} });
      closing.connect();
      closing.close();
    }
    // The attempts of the closed clients end before the attempts of these clients, which start later
    const refused = Promise.withResolvers<void>();
    const failing = createPubsubClient({
      url: "ws://127.0.0.1:9",
      webSocket,
      onError: () => refused.resolve(),
    });
    failing.connect();
    const working = createPubsubClient({ url: server.url, webSocket });
    await Promise.all([refused.promise, working.subscribe("room", () => {}).ready]);
    failing.close();
    working.close();
  }
});

it.each(implementations)(
  "%s WebSocket reports CONNECT_FAILED when no server listens",
  async (_name, webSocket) => {
    const errors: string[] = [];
    const client = createPubsubClient({
      url: "ws://127.0.0.1:9",
      webSocket,
      backoff: { baseMs: 1, maxMs: 5 },
      onError: ({ code }) => errors.push(code),
    });
    client.connect();
    await eventually(() => expect(errors.length).toBeGreaterThan(1));
    client.close();
    expect(new Set(errors)).toEqual(new Set(["CONNECT_FAILED"]));
  },
);
