import { once } from "node:events";
import { WebSocket } from "ws";
import type { Line } from "../lines.ts";
import { readMarkers } from "../lines.ts";

export interface RawOptions {
  url: string;
  /** The name of the subscriber. Each of its connections counts as its own subscriber: `raw-3.1`, `raw-3.2`. */
  name: string;
  topic: string;
  /** Returns how long a connection is kept. Without it, the subscriber never closes a connection. */
  lifeMs?: () => number;
  random: () => number;
  record(line: Line): void;
}

export interface RawSubscriber {
  /** Resolves when the first subscription is confirmed. */
  ready: Promise<void>;
  close(): void;
}

/** Shorter than the idle timeout, which is API Gateway's 10 minutes, scaled down like the other limits of the run. */
const KEEP_ALIVE_MS = 8_000;
const REPLY_MS = 3_000;
const RECONNECT_MS = 300;

/** Starts a plain WebSocket that subscribes in the data format and reconnects when its connection ends. */
export function startRawSubscriber({ url, name, topic, lifeMs, random, record }: RawOptions): RawSubscriber {
  const ready = Promise.withResolvers<void>();
  let connections = 0;
  let socket: WebSocket | undefined;
  let closed = false;
  let timers: NodeJS.Timeout[] = [];

  function connect(): void {
    if (closed) return;
    const who = `${name}.${++connections}`;
    const own = new WebSocket(`${url}?who=${who}`);
    let subscribed = false;
    socket = own;
    own.on("open", () => {
      own.send(JSON.stringify({ action: "SUBSCRIBE", topicId: topic, requestId: "subscribe" }));
      // A second SUBSCRIBE would write the row anew, and the simulated lag of the index hides a row that is just written: also
      // one that a real index would go on showing
      timers.push(setTimeout(() => subscribed || own.terminate(), REPLY_MS));
      timers.push(setInterval(() => own.send('{"action":"PING"}', () => {}), KEEP_ALIVE_MS));
      if (lifeMs) timers.push(setTimeout(() => leave(own), lifeMs()));
    });
    own.on("message", (data) => {
      const text = String(data);
      const at = Date.now();
      if (text.startsWith('{"m":')) {
        for (const m of readMarkers(text)) record({ at, k: "got", who, m });
        return;
      }
      const frame = JSON.parse(text) as { type?: string; epoch?: string; offset?: number };
      if (frame.type !== "SUBSCRIBED" || subscribed) return;
      subscribed = true;
      const { epoch = "", offset = 0 } = frame;
      record({ at, k: "subscribed", who, topic, epoch, offset });
      ready.resolve();
    });
    own.on("error", () => {}); // `close` follows
    own.on("close", () => {
      stopTimers();
      if (closed) return;
      record({ at: Date.now(), k: "left", who, topic });
      timers.push(setTimeout(connect, RECONNECT_MS * random()));
    });
  }

  /** Leaves with a close frame, or without one, like a phone that loses its network. */
  function leave(own: WebSocket): void {
    if (random() < 0.5) own.close();
    else own.terminate();
  }

  function stopTimers(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  }

  connect();
  return {
    ready: ready.promise,
    close() {
      closed = true;
      stopTimers();
      if (socket && socket.readyState !== WebSocket.CLOSED) {
        void once(socket, "close").catch(() => {});
        socket.close();
      }
    },
  };
}
