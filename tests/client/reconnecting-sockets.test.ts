/**
 * WebSockets that reconnect by themselves, as the client's `webSocket`. A client that only dropped its reference to a
 * socket left a live connection on the server after each cut, as long as the page was open.
 */
import PartySocket from "partysocket/ws";
import reconnectingWebSocket from "reconnecting-websocket";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createPubsubClient,
  type PubsubClient,
  type WebSocketConstructor,
} from "../../packages/client/src/index.ts";
import { startTinyServer, type TinyServer } from "../support/client-server.ts";
import { eventually } from "../support/eventually.ts";

/** The package's types export the class as `default` of the module, but the module is the class itself. */
const ReconnectingWebSocket = reconnectingWebSocket as unknown as typeof reconnectingWebSocket.default;

/** They reconnect at once, so that a socket that was not closed is back before the test checks. */
const AT_ONCE = { minReconnectionDelay: 1, maxReconnectionDelay: 1, minUptime: 1 };
const CLOSED = 3;

interface SocketOfItsOwn {
  readyState: number;
  close(): void;
}

const made: SocketOfItsOwn[] = [];

class Party extends PartySocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, AT_ONCE);
    made.push(this);
  }
}
class Reconnecting extends ReconnectingWebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, AT_ONCE);
    made.push(this);
  }
}

const implementations: [string, WebSocketConstructor][] = [
  ["partysocket", Party],
  ["reconnecting-websocket", Reconnecting],
];

let server: TinyServer;
beforeEach(async () => {
  made.length = 0;
  server = await startTinyServer();
});
afterEach(async () => {
  for (const socket of made) socket.close();
  await server.stop();
});

describe.each(implementations)("a client on %s", (_name, webSocket) => {
  const errors: string[] = [];
  function connect(): PubsubClient {
    const client = createPubsubClient({
      url: server.url,
      webSocket,
      answerTimeoutMs: 100,
      backoff: { baseMs: 20, maxMs: 50 },
      onError: ({ code }) => errors.push(code),
    });
    client.connect();
    return client;
  }

  /** Cuts the connection and waits for the next one. A socket that was not closed is back by then too. */
  async function othersHadTimeToComeBack(): Promise<void> {
    const witness = new webSocket(server.url) as WebSocketConstructor["prototype"] & SocketOfItsOwn;
    let opens = 0;
    witness.addEventListener("open", () => {
      opens += 1;
    });
    for (let times = 1; times <= 3; times++) {
      await eventually(() => expect(opens).toBe(times));
      if (times < 3) server.cut();
    }
    made.splice(made.indexOf(witness), 1);
    witness.close();
    await eventually(() => expect(witness.readyState).toBe(CLOSED));
  }

  const expectOnlyTheLastIsOpen = (): void =>
    expect(made.slice(0, -1).filter(({ readyState }) => readyState !== CLOSED)).toEqual([]);

  it("has one live connection after three drops, and none after close()", async () => {
    const client = connect();
    const seen: unknown[] = [];
    const subscription = client.subscribe("room", ({ data }) => seen.push(data));
    await subscription.ready;
    for (let drop = 1; drop <= 3; drop++) {
      const openedBefore = server.opened();
      server.cut();
      await eventually(() => expect(server.opened()).toBeGreaterThan(openedBefore));
      server.publish("room", drop);
      await eventually(() => expect(seen).toHaveLength(drop));
    }
    await othersHadTimeToComeBack();
    await eventually(() => {
      expect(client.state).toBe("open");
      expect(server.live()).toBe(1);
    });
    expectOnlyTheLastIsOpen();

    client.close();
    await othersHadTimeToComeBack();
    await eventually(() => expect(server.live()).toBe(0));
    expect(seen).toEqual([1, 2, 3]);
  });

  it("has one live connection after rejected handshakes", async () => {
    server.behave("refuse");
    const client = connect();
    await eventually(() => expect(made.length).toBeGreaterThan(3));
    expect(errors).toContain("CONNECT_FAILED");
    server.behave("answer");
    await eventually(() => expect(client.state).toBe("open"));
    await othersHadTimeToComeBack();
    await eventually(() => expect(server.live()).toBe(1));
    expectOnlyTheLastIsOpen();
    client.close();
  });

  it("leaves no connection when it is closed while it waits to reconnect", async () => {
    const client = connect();
    await eventually(() => expect(client.state).toBe("open"));
    const reconnecting = new Promise<void>((resolve) => {
      client.onStateChange((state) => state === "reconnecting" && resolve());
    });
    server.cut();
    await reconnecting;
    client.close();
    await othersHadTimeToComeBack();
    await eventually(() => expect(server.live()).toBe(0));
  });

  it("leaves no connection when it is closed while it connects", async () => {
    connect().close();
    await othersHadTimeToComeBack();
    await eventually(() => expect(server.live()).toBe(0));
  });

  it("has one live connection after requests without a response", async () => {
    server.behave("mute");
    const client = connect();
    client.subscribe("room", () => {});
    await eventually(() => expect(made.length).toBeGreaterThan(2));
    server.behave("answer");
    await client.subscribe("room", () => {}).ready;
    await othersHadTimeToComeBack();
    await eventually(() => expect(server.live()).toBe(1));
    expectOnlyTheLastIsOpen();
    client.close();
  });
});
