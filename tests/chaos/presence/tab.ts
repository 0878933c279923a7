import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { WebSocket } from "ws";

/**
 * How a user leaves a room.
 *
 * - `unsubscribe`: the page stays open and goes elsewhere. It closes its connection soon
 * - `close`: a close frame, and `$disconnect`
 * - `vanish`: the connection ends, and API Gateway delivers no `$disconnect`
 * - `silence`: the network is gone without a close frame. API Gateway closes the connection when it was idle for too long
 */
export const WAYS = ["unsubscribe", "close", "vanish", "silence"] as const;
export type Way = (typeof WAYS)[number];

export interface TabOptions {
  websocketUrl: string;
  who: string;
  userId: string;
  room: string;
  random(): number;
  /** Intervals of the client. Default: those of a page, scaled down like API Gateway's idle timeout. */
  pace?: Pace | undefined;
}

type Pace = Pick<
  NonNullable<Parameters<typeof createPubsubClient>[0]>,
  "heartbeatMs" | "heartbeatMaxMs" | "maxConnectionAgeMs" | "answerTimeoutMs" | "backoff" | "idleTimeoutMs"
>;

/** A page that is open in a browser: our own client, which is a member of a room. */
export interface Tab {
  readonly who: string;
  readonly userId: string;
  readonly room: string;
  /** Resolves when the server confirmed the membership. */
  ready: Promise<unknown>;
  /** Returns the users whom the page shows, sorted. */
  shown(): string[];
  leave(way: Way): void;
  /** Whether all connections of the page have ended. */
  isGone(): boolean;
}

const PACE: Pace = {
  heartbeatMs: 6_000,
  heartbeatMaxMs: 6_000,
  maxConnectionAgeMs: 30_000,
  answerTimeoutMs: 6_000,
  backoff: { baseMs: 100, maxMs: 2_000, stableMs: 3_000 },
  idleTimeoutMs: 1_000,
};

export function openTab({ websocketUrl, who, userId, room, random, pace = PACE }: TabOptions): Tab {
  const sockets = createSockets();
  const client = createPubsubClient({
    url: `${websocketUrl}?who=${who}&user=${userId}`,
    webSocket: sockets.webSocket,
    random,
    onError: () => {},
    ...pace,
  });
  const subscription = client.subscribe(room, () => {}, { presence: true });
  // A page that is closed before that is no failure
  const ready = subscription.ready.catch(() => {});
  return {
    who,
    userId,
    room,
    ready,
    shown: () => (subscription.members?.list ?? []).map((member) => member.userId).sort(),
    leave(way) {
      if (way === "unsubscribe") {
        subscription();
        return;
      }
      if (way === "silence") sockets.silence();
      if (way === "vanish") sockets.terminate();
      client.close();
    },
    isGone: sockets.areClosed,
  };
}

/** The WebSockets of one page. */
function createSockets() {
  const sockets: WebSocket[] = [];
  let isSilent = false;
  class PageSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
    override send(data: string): void {
      if (!isSilent) super.send(data);
    }
    override close(code?: number, reason?: string): void {
      if (!isSilent) super.close(code, reason);
    }
  }
  return {
    webSocket: PageSocket,
    silence: () => {
      isSilent = true;
    },
    terminate: () => {
      for (const socket of sockets) socket.terminate();
    },
    areClosed: () => sockets.every(({ readyState }) => readyState === WebSocket.CLOSED),
  };
}
