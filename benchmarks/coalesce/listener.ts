import { once } from "node:events";
import { WebSocket } from "ws";
import type { ReceivedEvent } from "./tally.ts";

export type Format = "data" | "event";

export interface Listener {
  /** Resolves when everything that was sent before has arrived. A pong is delivered in order, after those frames. */
  settle(): Promise<void>;
}

interface EventsFrame {
  events: { offset: number; data: unknown }[];
}

const REPLY_TIMEOUT_MS = 120_000;

/**
 * Connects a real WebSocket client, which is subscribed when this resolves. `findSequence` returns which publish has this
 * JSON text as its data. If the connection is cut, the process ends: later events could not be distinguished from losses.
 */
export async function connectListener(
  websocketUrl: string,
  { topicId, format }: { topicId: string; format: Format },
  {
    findSequence,
    received,
  }: {
    findSequence: (json: string) => number | undefined;
    received: (frame: readonly ReceivedEvent[]) => void;
  },
): Promise<Listener> {
  const socket = new WebSocket(websocketUrl);
  const signal = AbortSignal.timeout(REPLY_TIMEOUT_MS);
  await once(socket, "open", { signal });
  const subscribed = once(socket, "message", { signal });
  socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId, format, requestId: "listener" }));
  const [reply] = await subscribed;
  const { type, code, message } = JSON.parse(String(reply)) as Record<string, unknown>;
  if (type !== "SUBSCRIBED") throw new Error(`the subscription was rejected: ${code}: ${message}`);
  socket.on("close", (closeCode) => {
    throw new Error(`the connection of a listener was closed with ${closeCode}`);
  });
  socket.on("message", (bytes) => received(decodeEvents(String(bytes), format, findSequence)));
  return {
    async settle() {
      const pong = once(socket, "pong", { signal: AbortSignal.timeout(REPLY_TIMEOUT_MS) });
      socket.ping();
      await pong;
    },
  };
}

function decodeEvents(
  text: string,
  format: Format,
  findSequence: (json: string) => number | undefined,
): ReceivedEvent[] {
  if (format === "data") return [{ sequence: findSequence(text) }];
  const { events } = JSON.parse(text) as EventsFrame;
  return events.map(({ offset, data }) => ({ offset, sequence: findSequence(JSON.stringify(data)) }));
}
