import { once } from "node:events";
import { WebSocket } from "ws";

export interface Position {
  epoch: string;
  offset: number;
}

/** A WebSocket client that sends one message and waits for its response. */
export interface Connection {
  subscribe(topicId: string, since: Position): Promise<void>;
  /** Returns how long the response took. Throws if the response is an error. */
  ping(positions?: Readonly<Record<string, Position>>): Promise<number>;
  /** How many frames with events came. */
  events(): number;
  close(): Promise<void>;
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

  async function ask(frame: { action: string; [field: string]: unknown }, type: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    onResponse = resolve;
    const late = (): void => reject(new Error(`no response to ${frame.action} in ${RESPONSE_TIMEOUT_MS} ms`));
    const timer = setTimeout(late, RESPONSE_TIMEOUT_MS);
    const startedMs = performance.now();
    socket.send(JSON.stringify({ requestId: "1", ...frame }));
    const response = await promise.finally(() => clearTimeout(timer));
    const tookMs = performance.now() - startedMs;
    if (JSON.parse(response).type !== type) throw new Error(`${frame.action} was answered by ${response}`);
    return tookMs;
  }

  return {
    async subscribe(topicId, since) {
      await ask({ action: "SUBSCRIBE", topicId, format: "event", since }, "SUBSCRIBED");
    },
    ping: (positions) => ask({ action: "PING", ...(positions && { positions }) }, "PONG"),
    events: () => events,
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}
