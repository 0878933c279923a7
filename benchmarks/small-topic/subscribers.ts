import { once } from "node:events";
import { WebSocket } from "ws";
import { untilReached } from "../support/until.ts";

/** The subscribers of one topic: real WebSocket clients that count which offsets arrive. */
export interface Subscribers {
  /** Waits until every subscriber has this many events. Returns how many events did not arrive. */
  missingOf(events: number): Promise<number>;
  /** Events that a subscriber got a second time. */
  duplicates(): number;
  close(): Promise<void>;
}

const ARRIVAL_PATIENCE_MS = 30_000;
const RESPONSE_TIMEOUT_MS = 60_000;

/** Subscribes in the format `event`, as the client of this repository does. */
export async function connectSubscribers(
  websocketUrl: string,
  topicId: string,
  count: number,
): Promise<Subscribers> {
  let received = 0;
  let duplicates = 0;
  const sockets: WebSocket[] = [];
  for (let index = 0; index < count; index++) {
    const offsets = new Set<number>();
    sockets.push(
      await connect(websocketUrl, topicId, (offset) => {
        if (offsets.has(offset)) duplicates += 1;
        else received += 1;
        offsets.add(offset);
      }),
    );
  }
  return {
    async missingOf(events) {
      const expected = events * count;
      await untilReached(() => received, expected, { patienceMs: ARRIVAL_PATIENCE_MS });
      return expected - received;
    },
    duplicates: () => duplicates,
    async close() {
      await Promise.all(
        sockets.map((socket) => {
          socket.close();
          return once(socket, "close");
        }),
      );
    },
  };
}

async function connect(
  websocketUrl: string,
  topicId: string,
  onOffset: (offset: number) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(websocketUrl);
  const signal = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  await once(socket, "open", { signal });
  const subscribed = once(socket, "message", { signal });
  socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId, format: "event", requestId: "1" }));
  const [reply] = await subscribed;
  const { type, code, message } = JSON.parse(String(reply)) as Record<string, unknown>;
  if (type !== "SUBSCRIBED") throw new Error(`the subscription was rejected: ${code}: ${message}`);
  socket.on("message", (bytes) => {
    const { events } = JSON.parse(String(bytes)) as { events: { offset: number }[] };
    for (const { offset } of events) onOffset(offset);
  });
  return socket;
}
