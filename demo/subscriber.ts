import { once } from "node:events";
import { WebSocket } from "ws";

export interface Subscriber {
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** A real WebSocket client, subscribed when this resolves; every later frame goes to `onData`. */
export async function connectSubscriber(
  url: string,
  topicId: string,
  onData: (text: string) => void,
): Promise<Subscriber> {
  const socket = new WebSocket(url);
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  await once(socket, "open", { signal });
  const subscribed = once(socket, "message", { signal });
  socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId, requestId: "demo" }));
  const [answer] = await subscribed;
  const { type, code, message } = JSON.parse(String(answer)) as Record<string, unknown>;
  if (type !== "SUBSCRIBED") throw new Error(`a subscription was refused: ${code}: ${message}`);
  socket.on("message", (data) => onData(String(data)));
  return {
    async close() {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

/** Does `task` for 0 to `count - 1`, so many at once. */
export async function inParallel(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lanes = Array.from({ length: Math.min(width, count) }, async () => {
    while (next < count) await task(next++);
  });
  await Promise.all(lanes);
}
