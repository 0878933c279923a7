import { isUtf8 } from "node:buffer";
import type { WebSocket } from "ws";
import type { ConnectionInfo } from "./events.ts";
import type { GatewayLimits } from "./limits.ts";

/** One client's connection, from the 101 to the close. */
export interface Connection {
  readonly info: ConnectionInfo;
  lastActiveAtMs(): number;
  /** False from the moment either side begins to close. */
  isOpen(): boolean;
  bufferedBytes(): number;
  send(body: Buffer | string): void;
  /** Closes with this code; 1006 breaks the connection without a close frame. */
  close(code: number, reason: string): void;
  /** Destroys the socket, even if the connection is closing. */
  destroy(): void;
  /** Sets the timer again after the time limits were changed. */
  rearm(): void;
}

export interface ConnectionHandlers {
  limits(): GatewayLimits;
  onMessage(connection: Connection, data: Buffer, isBinary: boolean): void;
  /** Called once, with the code and reason of the side that closed first. */
  onClosed(connection: Connection, code: number, reason: string): void;
}

/** Node's timers overflow above this. */
const maxTimerMs = 2 ** 31 - 1;
const goingAway = 1001;
const brokenConnection = 1006;
/** AWS's wording for a client's close frame without a code. */
const noStatusReason = "Client-side close frame status not set";

export function createConnection(
  socket: WebSocket,
  info: ConnectionInfo,
  handlers: ConnectionHandlers,
): Connection {
  let lastActiveAtMs = info.connectedAtMs;
  let closing: { code: number; reason: string } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const connection: Connection = {
    info,
    lastActiveAtMs: () => lastActiveAtMs,
    isOpen: () => socket.readyState === socket.OPEN,
    bufferedBytes: () => socket.bufferedAmount,
    send(body) {
      lastActiveAtMs = Date.now();
      socket.send(toText(body), { binary: false });
    },
    close(code, reason) {
      if (!connection.isOpen()) return;
      if (code === brokenConnection) socket.terminate();
      else socket.close(code, reason);
      closing = { code, reason };
    },
    destroy: () => socket.terminate(),
    rearm,
  };

  // One timer serves both limits. Traffic does not reset it: when it fires, it compares the limits with the clock.
  function rearm(): void {
    clearTimeout(timer);
    if (!connection.isOpen()) return;
    const { idleTimeoutMs, maxConnectionMs } = handlers.limits();
    const now = Date.now();
    const ageLeftMs = info.connectedAtMs + maxConnectionMs - now;
    const idleLeftMs = lastActiveAtMs + idleTimeoutMs - now;
    const leftMs = Math.min(ageLeftMs, idleLeftMs);
    if (leftMs <= 0) connection.close(goingAway, "Going away");
    else timer = setTimeout(rearm, Math.min(leftMs, maxTimerMs)).unref();
  }

  // Only messages count as traffic: AWS does not document that WebSocket pings do, so clients must not rely on it.
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!connection.isOpen()) return;
    lastActiveAtMs = Date.now();
    handlers.onMessage(connection, data, isBinary);
  });
  // After a protocol error `ws` closes with the matching code, and `close` follows.
  socket.on("error", () => undefined);
  socket.on("close", (code: number, reason: Buffer) => {
    clearTimeout(timer);
    const theirs = { code, reason: code === 1005 ? noStatusReason : reason.toString() };
    const { code: finalCode, reason: finalReason } = closing ?? theirs;
    handlers.onClosed(connection, finalCode, finalReason);
  });
  rearm();
  return connection;
}

/** Every post arrives as a text frame. If it contained invalid UTF-8, the client would fail the connection. */
function toText(body: Buffer | string): Buffer | string {
  return typeof body === "string" || isUtf8(body) ? body : body.toString("utf8");
}
