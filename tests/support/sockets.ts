import { once } from "node:events";
import { WebSocket } from "ws";
import { within } from "./eventually.ts";

export type Frame = Record<string, unknown>;

/** A real WebSocket client. */
export interface TestSocket {
  socket: WebSocket;
  /** Every text frame that is not a response to this client's requests, in order. */
  received: string[];
  /** Resolves to the frame that echoes the request's id. */
  request(frame: Frame): Promise<Frame>;
  /** Sends without a request id: a string as it is, anything else as JSON. */
  send(frame: unknown): void;
  /** Resolves when everything that the server sent before this call is in `received`. A stream keeps its order. */
  settle(): Promise<void>;
  closed: Promise<number>;
}

/** Connects a client. The stack closes connections that are still open at the end. */
export async function connect({ websocketUrl }: { websocketUrl: string }): Promise<TestSocket> {
  const socket = new WebSocket(websocketUrl);
  const received: string[] = [];
  const pending = new Map<string, (frame: Frame) => void>();
  let requests = 0;
  socket.on("message", (data) => {
    const text = String(data);
    const { requestId } = parseFrame(text);
    const answered = pending.get(String(requestId));
    if (answered) answered(parseFrame(text));
    else received.push(text);
    pending.delete(String(requestId));
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  socket.on("error", () => {}); // an error rejects the wait below, and later resolves `closed`
  await within("open socket", once(socket, "open"));

  async function request(frame: Frame): Promise<Frame> {
    const requestId = `request-${++requests}`;
    const answer = new Promise<Frame>((resolve) => pending.set(requestId, resolve));
    socket.send(JSON.stringify({ ...frame, requestId }));
    return within(`answer to ${JSON.stringify(frame).slice(0, 200)}`, answer);
  }

  return {
    socket,
    received,
    request,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async settle() {
      await request({ action: "PING" });
    },
    closed,
  };
}

const CONNECTS_AT_ONCE = 20;

/** Connects a number of clients and subscribes each. */
export async function connectSubscribers(
  gateway: { websocketUrl: string },
  topicId: string,
  count: number,
): Promise<TestSocket[]> {
  const sockets: TestSocket[] = [];
  while (sockets.length < count) {
    const width = Math.min(CONNECTS_AT_ONCE, count - sockets.length);
    sockets.push(
      ...(await Promise.all(Array.from({ length: width }, () => connectSubscriber(gateway, topicId)))),
    );
  }
  return sockets;
}

export async function connectSubscriber(
  gateway: { websocketUrl: string },
  topicId: string,
  format: "data" | "event" = "data",
): Promise<TestSocket> {
  const socket = await connect(gateway);
  const answer = await socket.request({ action: "SUBSCRIBE", topicId, format });
  if (answer.type !== "SUBSCRIBED") throw new Error(`not subscribed: ${JSON.stringify(answer)}`);
  return socket;
}

/** Returns the events of all received EVENTS frames, in order. */
export function eventsIn(received: readonly string[]): { epoch: string; offset: number; data: unknown }[] {
  return received.flatMap((text) => {
    const { type, epoch, events } = parseFrame(text);
    if (type !== "EVENTS" || !Array.isArray(events)) return [];
    return (events as { offset: number; data: unknown }[]).map(({ offset, data }) => {
      return { epoch: String(epoch), offset, data };
    });
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
