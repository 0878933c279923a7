import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { createPubsubClient, type WebSocketConstructor } from "lambda-websocket-pubsub-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as WsWebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";

const local = stackForFile(() => ({ functions: { websocket: functionPath("websocket-subprotocols") } }));

/** A WebSocket class that records the subprotocol of each connection that opened. */
function recording(Base: WebSocketConstructor): { webSocket: WebSocketConstructor; opened: string[] } {
  const opened: string[] = [];
  function RecordingSocket(url: string, protocols?: string | string[]): InstanceType<WebSocketConstructor> {
    const socket = new Base(url, protocols);
    socket.addEventListener("open", () => opened.push((socket as unknown as WebSocket).protocol));
    return socket;
  }
  return { webSocket: RecordingSocket as unknown as WebSocketConstructor, opened };
}

describe.each<[string, WebSocketConstructor]>([
  ["Node's WebSocket", globalThis.WebSocket],
  ["ws", WsWebSocket],
])("the client with %s", (_, base) => {
  it("connects with the subprotocol that the handler prefers, and receives events", async () => {
    const { webSocket, opened } = recording(base);
    const topicId = randomUUID();
    const protocols = ["pubsub.v1", "pubsub.v2"];
    const client = createPubsubClient({ url: local.stack.websocketUrl, protocols, webSocket });
    onTestFinished(() => client.close());
    const seen: unknown[] = [];
    await client.subscribe(topicId, ({ data }) => seen.push(data)).ready;
    await publishToTopic({ topicId, data: "hello", config: local.config });
    await eventually(() => expect(seen).toEqual(["hello"]));
    expect(opened).toEqual(["pubsub.v2"]);
  });

  it("connects with the subprotocol that `authorize` chose", async () => {
    const { webSocket, opened } = recording(base);
    const url = `${local.stack.websocketUrl}?choose=other`;
    const client = createPubsubClient({ url, protocols: ["pubsub.v2", "other"], webSocket });
    onTestFinished(() => client.close());
    await client.subscribe(randomUUID(), () => {}).ready;
    expect(opened).toEqual(["other"]);
  });

  it("connects without subprotocols", async () => {
    const { webSocket, opened } = recording(base);
    const client = createPubsubClient({ url: local.stack.websocketUrl, webSocket });
    onTestFinished(() => client.close());
    await client.subscribe(randomUUID(), () => {}).ready;
    expect(opened).toEqual([""]);
  });
});

/** Resolves to `open`, or to the message of the error that ended the handshake. */
const handshake = (query: string, protocols: string[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WsWebSocket(local.stack.websocketUrl + query, protocols);
    onTestFinished(() => socket.terminate());
    socket.on("open", () => resolve("open"));
    socket.on("error", ({ message }) => resolve(message));
  });

it("opens the connection without a subprotocol if none that the client offers is known, and `ws` ends it", async () => {
  expect(await handshake("", ["unknown"])).toBe("Server sent no subprotocol");
});

it("fails the handshake with 500 if the hook chooses a subprotocol that was not offered, and logs it", async () => {
  expect(await handshake("?choose=secret7", ["pubsub.v1"])).toBe("Unexpected server response: 500");
  const message = "the authorize hook chose a subprotocol that the client did not offer";
  await eventually(() => expect(local.log.join("\n")).toContain(message));
  expect(local.log.filter((line) => line.includes("secret7"))).toEqual([]);
});
