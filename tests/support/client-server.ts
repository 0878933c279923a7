import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface TinyServer {
  url: string;
  publish(topicId: string, data: unknown): void;
  /** Closes all connections, as the 2-hour cut does. */
  cut(): void;
  /** Returns the number of open connections. */
  live(): number;
  /** Returns the number of connections that were opened so far. */
  opened(): number;
  /** `refuse`: every handshake ends with 401. `mute`: no request gets a response. */
  behave(how: "answer" | "refuse" | "mute"): void;
  stop(): Promise<void>;
}

interface Received {
  action: string;
  requestId: string;
  nonce: string;
  topicId: string;
  since?: { offset: number };
  positions?: Record<string, { offset: number }>;
}

const EPOCH = "epoch-1";

/** A server that speaks the protocol on a real socket and never loses anything. */
export async function startTinyServer(): Promise<TinyServer> {
  let behaviour: "answer" | "refuse" | "mute" = "answer";
  let opened = 0;
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    verifyClient: () => behaviour !== "refuse",
  });
  await once(server, "listening");
  const logs = new Map<string, object[]>();
  const nonces = new WeakMap<WebSocket, string>();
  const subscribers = new Map<string, Set<WebSocket>>();
  const logOf = (topicId: string): object[] => logs.get(topicId) ?? [];

  function send(socket: WebSocket, topicId: string, events: object[]): void {
    const frame = { type: "EVENTS", topicId, epoch: EPOCH, events, nonce: nonces.get(socket) };
    if (events.length > 0) socket.send(JSON.stringify(frame));
  }

  function answer(socket: WebSocket, received: Received): void {
    const { action, requestId, nonce, topicId, since, positions = {} } = received;
    nonces.set(socket, nonce);
    const reply = (frame: object): void => socket.send(JSON.stringify({ requestId, nonce, ...frame }));
    if (action === "SUBSCRIBE") {
      subscribers.set(topicId, (subscribers.get(topicId) ?? new Set()).add(socket));
      const log = logOf(topicId);
      reply({ type: "SUBSCRIBED", topicId, epoch: EPOCH, offset: log.length, recovered: true });
      if (since) send(socket, topicId, log.slice(since.offset));
    } else if (action === "UNSUBSCRIBE") {
      subscribers.get(topicId)?.delete(socket);
      reply({ type: "UNSUBSCRIBED", topicId });
    } else {
      const entries = Object.entries(positions).map(([id, { offset }]) => {
        send(socket, id, logOf(id).slice(offset));
        return [id, { epoch: EPOCH, offset: logOf(id).length, recovered: true }];
      });
      reply({ type: "PONG", positions: Object.fromEntries(entries) });
    }
  }

  server.on("connection", (socket) => {
    opened += 1;
    socket.on("message", (text) => {
      if (behaviour !== "mute") answer(socket, JSON.parse(String(text)) as Received);
    });
    socket.on("close", () => {
      for (const sockets of subscribers.values()) sockets.delete(socket);
    });
  });

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish(topicId, data) {
      const log = logOf(topicId);
      logs.set(topicId, log);
      const offset = log.length + 1;
      log.push({ offset, publicationId: `p${offset}`, publishedAt: Date.now(), data });
      for (const socket of subscribers.get(topicId) ?? []) send(socket, topicId, log.slice(-1));
    },
    cut() {
      for (const socket of server.clients) socket.close(1001);
    },
    live: () => server.clients.size,
    opened: () => opened,
    behave(how) {
      behaviour = how;
    },
    async stop() {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
