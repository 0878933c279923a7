import {
  createPubsubClient,
  type Position,
  type PubsubClient,
  type PubsubClientError,
  type PubsubClientOptions,
  type Subscription,
  type WebSocketLike,
} from "../../packages/client/src/index.ts";
import { createVirtualTime, type VirtualTime } from "../client/simulation/virtual-time.ts";

export interface SentFrame {
  action: "SUBSCRIBE" | "UNSUBSCRIBE" | "PING" | "PUBLISH";
  requestId: string;
  nonce: string;
  topicId: string;
  format?: string;
  since?: Position;
  positions?: Record<string, Position>;
  token?: string;
  last?: number;
  latest?: true;
  presence?: { info?: unknown };
  data?: unknown;
  publicationId?: string;
}

interface Answered {
  epoch?: string;
  recovered?: boolean;
  topicId?: string;
  expiresAt?: number;
  expiresInMs?: number;
  from?: Position;
  truncated?: true;
  members?: unknown;
}

/** A WebSocket for which the test acts as the server. */
export class ScriptedSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  /** Frames that the client sent and that `take` has not returned yet. */
  sent: SentFrame[] = [];
  /** Set when the client closed it. */
  closed: { code: number | undefined; reason: string | undefined } | undefined;
  /** The nonce of the connection, as the client sent it. */
  nonce: string | undefined;
  readonly #listeners: { type: string; listener: (event: unknown) => void }[] = [];

  constructor(url: string, protocols?: string | string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.#listeners.push({ type, listener });
  }

  send(text: string): void {
    const frame = JSON.parse(text) as SentFrame;
    this.nonce = frame.nonce;
    this.sent.push(frame);
  }

  close(code?: number, reason?: string): void {
    this.closed = { code, reason };
  }

  fire(type: string, event: object = {}): void {
    for (const { type: wanted, listener } of this.#listeners) if (wanted === type) listener(event);
  }

  open(): void {
    this.fire("open");
  }

  cut(code = 1006): void {
    this.fire("close", { code, reason: "" });
  }

  /** Sends what was published to a subscription in the data format: a string verbatim, anything else as JSON. */
  data(published: unknown): void {
    this.fire("message", { data: typeof published === "string" ? published : JSON.stringify(published) });
  }

  /** Sends a frame of the server, which has the connection's nonce, or the value as it is if it is no object. */
  message(frame: unknown): void {
    const isFrame = typeof frame === "object" && frame !== null && "type" in frame;
    this.data(isFrame ? { nonce: this.nonce, ...frame } : frame);
  }

  /** Takes the oldest frame of this action that was not taken yet. Throws if no such frame exists. */
  take(action: SentFrame["action"], topicId?: string): SentFrame {
    const index = this.sent.findIndex(
      (frame) => frame.action === action && (topicId === undefined || frame.topicId === topicId),
    );
    const [frame] = index < 0 ? [] : this.sent.splice(index, 1);
    if (!frame) throw new Error(`no ${action} among ${JSON.stringify(this.sent)}`);
    return frame;
  }

  /** Responds to the oldest SUBSCRIBE. */
  subscribed(
    offset: number,
    { epoch = "a", recovered = true, topicId = "", ...more }: Answered = {},
  ): SentFrame {
    const frame = this.take("SUBSCRIBE", topicId || undefined);
    const { requestId } = frame;
    const position = { epoch, offset, recovered };
    this.message({ type: "SUBSCRIBED", requestId, topicId: frame.topicId, ...position, ...more });
    return frame;
  }

  /** Responds to the oldest PUBLISH. */
  published(
    offset: number,
    {
      epoch = "a",
      duplicate = false,
      topicId = "",
    }: { epoch?: string; duplicate?: boolean; topicId?: string } = {},
  ): SentFrame {
    const frame = this.take("PUBLISH", topicId || undefined);
    const { requestId, publicationId } = frame;
    const answer = { requestId, topicId: frame.topicId, publicationId, epoch, offset, duplicate };
    this.message({ type: "PUBLISHED", ...answer });
    return frame;
  }

  /** Responds to the oldest PING. */
  pong(positions?: Record<string, object>): SentFrame {
    const frame = this.take("PING");
    this.message({ type: "PONG", requestId: frame.requestId, positions });
    return frame;
  }

  refuse(code: string, action: SentFrame["action"] = "SUBSCRIBE"): SentFrame {
    const frame = this.take(action);
    this.message({ type: "ERROR", requestId: frame.requestId, code, message: "no" });
    return frame;
  }

  /** Sends events with these offsets, in one frame. */
  events(offsets: readonly number[], { epoch = "a", topicId = "room" }: Answered = {}): void {
    const events = offsets.map((offset) => {
      return { offset, publicationId: `p${offset}`, publishedAt: offset, data: { n: offset } };
    });
    this.message({ type: "EVENTS", topicId, epoch, events });
  }
}

export interface Harness {
  client: PubsubClient;
  time: VirtualTime;
  sockets: ScriptedSocket[];
  errors: PubsubClientError[];
  /** The newest socket. */
  socket(): ScriptedSocket;
  /** Does what the browser does when the network comes back or the page is shown. */
  wake(): void;
  /** Whether the client listens to such moments. */
  isListening(): boolean;
}

/** Creates a client that connects at once, under virtual time. */
export function createHarness(options: PubsubClientOptions = {}): Harness {
  const harness = createIdleHarness(options);
  harness.client.connect();
  return harness;
}

/** Creates a client under virtual time. `random` defaults to 0.5, so delays are half of their windows. */
export function createIdleHarness(options: PubsubClientOptions = {}): Harness {
  const time = createVirtualTime();
  const sockets: ScriptedSocket[] = [];
  const errors: PubsubClientError[] = [];
  let wake: (() => void) | undefined;
  class Socket extends ScriptedSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = createPubsubClient({
    url: "wss://api.example.com/prod",
    webSocket: Socket,
    clock: time,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    environment: {
      onWake(callback) {
        wake = callback;
        return () => {
          wake = undefined;
        };
      },
    },
    ...options,
  });
  return {
    client,
    time,
    sockets,
    errors,
    socket() {
      const socket = sockets.at(-1);
      if (!socket) throw new Error("no connection was attempted");
      return socket;
    },
    wake: () => wake?.(),
    isListening: () => wake !== undefined,
  };
}

/**
 * Creates a connected client with a subscriber of `room` at a/0, and records the calls of the subscriber. 3 s have
 * passed, and the PING that checks for index lag has its response.
 */
export async function createSubscribed(
  options: PubsubClientOptions = {},
): Promise<Harness & { seen: (number | string)[]; stop: Subscription }> {
  const harness = createHarness(options);
  const seen: (number | string)[] = [];
  const stop = harness.client.subscribe("room", ({ offset }) => seen.push(offset), {
    onGap: ({ from, to, reason }) =>
      seen.push(`${from.epoch}${from.offset}-${to.epoch}${to.offset} ${reason}`),
  });
  harness.socket().open();
  harness.socket().subscribed(0);
  await stop.ready;
  await harness.time.pass(3_000);
  harness.socket().pong({ room: { epoch: "a", offset: 0, recovered: true } });
  return { ...harness, seen, stop };
}

export const ignore = (): void => {};

/** What a client holds: sockets that it has not closed, timers, and listeners of its environment. */
export const held = ({ sockets, time, isListening }: Harness): [number, number, boolean] => [
  sockets.filter(({ closed }) => !closed).length,
  time.timers,
  isListening(),
];
export const NOTHING: [number, number, boolean] = [0, 0, false];
