import { randomUUID } from "node:crypto";
import { on, once } from "node:events";
import { WebSocket } from "ws";
import { untilReached } from "../support/until.ts";

export interface Publication {
  topicId: string;
  data: unknown;
  publicationId?: string;
}

/** The server answered a frame with an error. */
export class RefusedFrame extends Error {
  readonly code: string | undefined;

  constructor({ code, message }: Frame) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

interface Frame {
  type: "SUBSCRIBED" | "PUBLISHED" | "EVENTS" | "ERROR";
  requestId?: string;
  offset?: number;
  events?: { offset: number }[];
  code?: string;
  message?: string;
}

/** The subscribers of one topic: real WebSocket clients that count which offsets arrive. */
export interface Subscribers {
  /** The first of them publishes, and resolves with its own copy of the event. Throws `RefusedFrame`. */
  publish(publication: Publication): Promise<void>;
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
    async publish(publication) {
      const [publisher] = sockets;
      if (publisher) await request(publisher, { action: "PUBLISH", ...publication });
    },
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
  await once(socket, "open", { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
  await request(socket, { action: "SUBSCRIBE", topicId, format: "event" });
  socket.on("message", (bytes) => {
    const { type, offset, events = [] } = JSON.parse(String(bytes)) as Frame;
    if (type === "PUBLISHED" && offset !== undefined) onOffset(offset);
    for (const event of events) onOffset(event.offset);
  });
  return socket;
}

/** Sends a frame and waits for the response. */
async function request(socket: WebSocket, frame: object): Promise<void> {
  const requestId = randomUUID();
  const signal = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  socket.send(JSON.stringify({ ...frame, requestId }));
  for await (const [bytes] of on(socket, "message", { signal })) {
    const response = JSON.parse(String(bytes)) as Frame;
    if (response.requestId !== requestId) continue;
    if (response.type === "ERROR") throw new RefusedFrame(response);
    return;
  }
}
