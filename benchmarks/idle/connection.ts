import { once } from "node:events";
import { WebSocket } from "ws";

export interface Position {
  epoch: string;
  offset: number;
}

/** A WebSocket client that sends one message and waits for its response. */
export interface Connection {
  subscribe(topicId: string, since: Position): Promise<void>;
  /** Throws if the response is an error. */
  ping(positions?: Readonly<Record<string, Position>>): Promise<Pong>;
  /** How many frames with events came. */
  events(): number;
  close(): Promise<void>;
}

/** The response to a PING. */
export interface Pong {
  ms: number;
  /** Whether it has all positions. The function stops looking after three seconds, and a read under way goes on. */
  isComplete: boolean;
}

const RESPONSE_TIMEOUT_MS = 60_000;

export async function openConnection(websocketUrl: string): Promise<Connection> {
  const socket = new WebSocket(websocketUrl);
  let events = 0;
  let onResponse: (text: string) => void = () => {};
  socket.on("message", (data) => {
    const text = String(data);
    if (text.startsWith('{"type":"EVENTS"')) events += 1;
    else onResponse(text);
  });
  await once(socket, "open", { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });

  async function ask(
    frame: { action: string; [field: string]: unknown },
    type: string,
  ): Promise<{ ms: number; answer: { positions?: object } }> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    onResponse = resolve;
    const late = (): void => reject(new Error(`no response to ${frame.action} in ${RESPONSE_TIMEOUT_MS} ms`));
    const timer = setTimeout(late, RESPONSE_TIMEOUT_MS);
    const startedMs = performance.now();
    socket.send(JSON.stringify({ requestId: "1", ...frame }));
    const response = await promise.finally(() => clearTimeout(timer));
    const ms = performance.now() - startedMs;
    const answer = JSON.parse(response) as { type: string; positions?: object };
    if (answer.type !== type) throw new Error(`${frame.action} was answered by ${response}`);
    return { ms, answer };
  }

  return {
    async subscribe(topicId, since) {
      await ask({ action: "SUBSCRIBE", topicId, format: "event", since }, "SUBSCRIBED");
    },
    async ping(positions = {}) {
      const isNamed = Object.keys(positions).length > 0;
      const { ms, answer } = await ask({ action: "PING", ...(isNamed && { positions }) }, "PONG");
      const found = Object.keys(answer.positions ?? {}).length;
      return { ms, isComplete: found === Object.keys(positions).length };
    },
    events: () => events,
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}
