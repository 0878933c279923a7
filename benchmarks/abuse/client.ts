import { once } from "node:events";
import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { MEMBER } from "./frames.ts";

const SUBSCRIBED_WITHIN_MS = 60_000;

/** A client that reads everything it is sent, and waits for nothing. */
export interface AbuseClient {
  /** Sends a message in as many WebSocket frames. */
  send(text: string, pieces?: number): void;
  /** How many responses came, replayed events not included. */
  responses(): number;
  /** How many of them were `RATE_LIMITED`. */
  refusals(): number;
  isOpen(): boolean;
  subscribe(topicIds: readonly string[]): Promise<void>;
  close(): void;
}

export async function connectClient(websocketUrl: string): Promise<AbuseClient> {
  const socket = new WebSocket(websocketUrl);
  let responses = 0;
  let refusals = 0;
  socket.on("message", (data) => {
    const text = String(data);
    if (text.startsWith('{"type":"EVENTS"')) return;
    responses += 1;
    if (text.includes('"RATE_LIMITED"')) refusals += 1;
  });
  socket.on("error", () => {});
  await once(socket, "open");

  const client: AbuseClient = {
    send(text, pieces = 1) {
      const length = Math.ceil(text.length / pieces);
      for (let piece = 0; piece < pieces; piece++) {
        const part = text.slice(piece * length, (piece + 1) * length);
        socket.send(part, { fin: piece === pieces - 1 });
      }
    },
    responses: () => responses,
    refusals: () => refusals,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    async subscribe(topicIds) {
      for (const topicId of topicIds) {
        const before = responses;
        client.send(JSON.stringify({ action: "SUBSCRIBE", topicId, requestId: "s", token: MEMBER }));
        await until("a SUBSCRIBED", () => responses > before, SUBSCRIBED_WITHIN_MS);
      }
    },
    close: () => socket.terminate(),
  };
  return client;
}
