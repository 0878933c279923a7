import { once } from "node:events";
import { WebSocket } from "ws";
import type { ReceivedEvent } from "./tally.ts";

export type Format = "data" | "event";

export interface Listener {
  /** Resolves once everything sent to it by now has come: a pong keeps its place in the stream. */
  settle(): Promise<void>;
}

interface EventsFrame {
  events: { offset: number; data: unknown }[];
}

const ANSWER_TIMEOUT_MS = 120_000;

/**
 * A real WebSocket client, subscribed when this resolves. `sequenceOf` tells which publish has
 * this JSON text for its data. One that is cut ends the process: nothing after that could be told apart from a loss.
 */
export async function connectListener(
  websocketUrl: string,
  { topicId, format }: { topicId: string; format: Format },
  {
    sequenceOf,
    received,
  }: {
    sequenceOf: (json: string) => number | undefined;
    received: (frame: readonly ReceivedEvent[]) => void;
  },
): Promise<Listener> {
  const socket = new WebSocket(websocketUrl);
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  await once(socket, "open", { signal });
  const subscribed = once(socket, "message", { signal });
  socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId, format, requestId: "listener" }));
  const [answer] = await subscribed;
  const { type, code, message } = JSON.parse(String(answer)) as Record<string, unknown>;
  if (type !== "SUBSCRIBED") throw new Error(`a subscription was refused: ${code}: ${message}`);
  socket.on("close", (closeCode) => {
    throw new Error(`a listener was cut with ${closeCode}`);
  });
  socket.on("message", (bytes) => received(eventsOf(String(bytes), format, sequenceOf)));
  return {
    async settle() {
      const answered = once(socket, "pong", { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      socket.ping();
      await answered;
    },
  };
}

function eventsOf(
  text: string,
  format: Format,
  sequenceOf: (json: string) => number | undefined,
): ReceivedEvent[] {
  if (format === "data") return [{ sequence: sequenceOf(text) }];
  const { events } = JSON.parse(text) as EventsFrame;
  return events.map(({ offset, data }) => ({ offset, sequence: sequenceOf(JSON.stringify(data)) }));
}
