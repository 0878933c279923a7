import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { abortable } from "./wait.ts";

export type Frame = Record<string, unknown>;

/** A WebSocket client that remembers what it received. */
export interface VerifySocket {
  /** Every message that is not a response to this client's requests, in order. */
  received: string[];
  /** The subprotocol that the server chose, or empty. */
  protocol: string;
  /** Resolves to the message with the request's id. */
  request(frame: Frame): Promise<Frame>;
  send(text: string): void;
  /** Stops reading from the network, until the socket is ended. */
  stopReading(): void;
  /** Resolves to the close code, also after a failure. */
  closed: Promise<number>;
  /** Waits a while for answers, then closes the connection, and breaks it if the server does not close it in time. */
  close(): Promise<void>;
}

export class HandshakeRefused extends Error {
  override readonly name = "HandshakeRefused";
}

const CLOSE_WITHIN_MS = 2_000;
const ANSWER_TO_CLOSE_WITHIN_MS = 5_000;
const HANDSHAKE_WITHIN_MS = 40_000;
const ANSWER_WITHIN_MS = 40_000;

/** Connects. Rejects with `HandshakeRefused` if the server refuses the connection. */
export async function connectSocket(
  url: string,
  signal: AbortSignal,
  subprotocols: string[] = [],
): Promise<VerifySocket> {
  const socket = new WebSocket(url, subprotocols, { handshakeTimeout: HANDSHAKE_WITHIN_MS });
  const received: string[] = [];
  const pending = new Map<string, (frame: Frame) => void>();
  let onIdle = (): void => {};
  let requests = 0;
  const opened = Promise.withResolvers<void>();
  opened.promise.catch(() => {}); // it may be rejected after nothing waits for it any more
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  socket.on("open", () => opened.resolve());
  socket.on("error", (cause) => {
    opened.reject(new HandshakeRefused(`${cause.message || String(cause)} (${url})`, { cause }));
  });
  socket.on("message", (data) => {
    const text = String(data);
    const frame = parseFrame(text);
    const answered = pending.get(String(frame.requestId));
    pending.delete(String(frame.requestId));
    if (answered) answered(frame);
    else received.push(text);
    if (pending.size === 0) onIdle();
  });
  try {
    await abortable(signal, opened.promise);
  } catch (error) {
    socket.terminate();
    throw error;
  }

  return {
    received,
    protocol: socket.protocol,
    closed,
    request(frame) {
      const requestId = `verify-${++requests}`;
      const answer = new Promise<Frame>((resolve) => pending.set(requestId, resolve));
      socket.send(JSON.stringify({ ...frame, requestId }));
      const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const gone = closed.then((code): never => {
        throw new Error(`the connection was closed with ${code} before ${String(frame.action)} was answered`);
      });
      return abortable(AbortSignal.any([signal, timeout]), Promise.race([answer, gone]));
    },
    send: (text) => socket.send(text),
    stopReading: () => socket.pause(),
    async close() {
      // A request that is being handled may still write rows, which would then come after the clean-up
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      const isQuiet = pending.size === 0 || socket.isPaused;
      if (!isQuiet) await Promise.race([idle, closed, delay(ANSWER_TO_CLOSE_WITHIN_MS)]);
      const timer = setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS);
      if (socket.isPaused) socket.terminate();
      else socket.close();
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Returns the events of all received EVENTS messages, in order. */
export function eventsIn(received: readonly string[]): { offset: number; data: unknown }[] {
  return received.flatMap((text) => {
    const { type, events } = parseFrame(text);
    return type === "EVENTS" && Array.isArray(events) ? (events as { offset: number; data: unknown }[]) : [];
  });
}

function parseFrame(text: string): Frame {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Frame) : {};
  } catch {
    return {};
  }
}
