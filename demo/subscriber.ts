import { once } from "node:events";
import { WebSocket } from "ws";

export interface Subscriber {
  /** Resolves when the connection is closed. Resolves at once if it is closed already. */
  close(): Promise<void>;
  /** Ends the connection without a closing handshake. */
  terminate(): void;
}

const RESPONSE_TIMEOUT_MS = 30_000;

/**
 * Connects a real WebSocket client and resolves when it is subscribed. Every later message goes to `onData`. If it
 * rejects, it has closed its connection.
 */
export async function connectSubscriber(
  url: string,
  topicId: string,
  onData: (text: string) => void,
  signal?: AbortSignal,
  format: "data" | "event" = "data",
): Promise<Subscriber> {
  signal?.throwIfAborted();
  const socket = new WebSocket(url);
  try {
    await subscribe(socket, { topicId, format }, signal);
  } catch (error) {
    // `ws` emits an error if the handshake is interrupted
    socket.on("error", () => {});
    socket.terminate();
    throw new Error(`a client could not subscribe at ${url}: ${describeReason(error)}`, { cause: error });
  }
  socket.on("message", (data) => onData(String(data)));
  // A close event follows, and messages that did not arrive count as lost
  socket.on("error", () => {});
  return {
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
    terminate: () => socket.terminate(),
  };
}

async function subscribe(
  socket: WebSocket,
  to: { topicId: string; format: "data" | "event" },
  stop: AbortSignal | undefined,
): Promise<void> {
  const timeout = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const signal = stop ? AbortSignal.any([stop, timeout]) : timeout;
  await once(socket, "open", { signal });
  const subscribed = once(socket, "message", { signal });
  socket.send(JSON.stringify({ action: "SUBSCRIBE", ...to, requestId: "demo" }));
  const [response] = await subscribed;
  const { type, code, message } = JSON.parse(String(response)) as Record<string, unknown>;
  if (type !== "SUBSCRIBED") throw new Error(`${code}: ${message}`);
}

function describeReason(error: unknown): string {
  const { cause = error } = error as Error;
  if (cause instanceof Error && cause.name === "TimeoutError")
    return `no response in ${RESPONSE_TIMEOUT_MS} ms`;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Runs `task` for 0 to `count - 1`, at most `width` at once. After a failure it starts no further task and rejects. */
export async function inParallel(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lanes = Array.from({ length: Math.min(width, count) }, async () => {
    try {
      while (next < count) await task(next++);
    } catch (error) {
      next = count;
      throw error;
    }
  });
  const ended = await Promise.allSettled(lanes);
  const failed = ended.find((lane) => lane.status === "rejected");
  if (failed) throw failed.reason;
}
