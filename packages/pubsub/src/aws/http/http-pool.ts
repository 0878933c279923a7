import {
  type Exchanged,
  type HttpConnection,
  type HttpOrigin,
  openHttpConnection,
} from "./http-connection.ts";

/** Keep-alive connections to one origin, as many as are needed at once. */
export interface HttpPool {
  exchange(head: string, body: Uint8Array, done: (exchanged: Exchanged) => void): void;
}

/** Ours: no more than the limiter ever asks for; what comes on top waits. */
const CONNECTIONS_MAX = 256;
/** Ours: a post that takes longer is not coming back; API Gateway answers within a few dozen milliseconds. */
const EXCHANGE_MS_MAX = 5_000;
/**
 * Ours: a connection that was idle for longer may be closed at the other side, or have been while Lambda had this
 * process frozen; a post on it would be lost time, and perhaps a duplicate.
 */
const IDLE_MS_MAX = 15_000;
const WATCH_MS = 250;

interface Waiting {
  head: string;
  body: Uint8Array;
  done(exchanged: Exchanged): void;
}

export function createHttpPool(origin: HttpOrigin, answerBytesMax?: number): HttpPool {
  const tlsSession: { latest?: Buffer } = {};
  const free: HttpConnection[] = [];
  /** And since when, by a clock that nobody sets. */
  const busy = new Map<HttpConnection, number>();
  const waiting: Waiting[] = [];
  let watch: ReturnType<typeof setInterval> | undefined;

  function take(): HttpConnection | undefined {
    for (let known = free.pop(); known; known = free.pop()) {
      if (Math.abs(Date.now() - known.lastUsedMs) <= IDLE_MS_MAX) return known;
      // All below have been idle for even longer
      for (const old of [known, ...free.splice(0)]) old.destroy("idle");
    }
    return busy.size < CONNECTIONS_MAX
      ? openHttpConnection(origin, { tlsSession, answerBytesMax }, forget)
      : undefined;
  }

  function forget(connection: HttpConnection): void {
    const at = free.indexOf(connection);
    if (at >= 0) free.splice(at, 1);
  }

  function begin(connection: HttpConnection, { head, body, done }: Waiting): void {
    busy.set(connection, performance.now());
    watch ??= setInterval(endOverdue, WATCH_MS);
    connection.exchange(head, body, (exchanged) => {
      busy.delete(connection);
      connection.lastUsedMs = Date.now();
      if (connection.usable()) free.push(connection);
      // First what waits here: its caller may well come back with the next request at once
      const next = waiting.shift();
      if (next) exchange(next);
      else if (busy.size === 0) stopWatching();
      done(exchanged);
    });
  }

  function exchange(request: Waiting): void {
    const connection = take();
    if (connection) begin(connection, request);
    else waiting.push(request);
  }

  /** One timer for all: it also is what keeps the process alive while posts are under way. */
  function endOverdue(): void {
    const latestMs = performance.now() - EXCHANGE_MS_MAX;
    for (const [connection, sinceMs] of busy) {
      if (sinceMs < latestMs) connection.destroy(`no answer within ${EXCHANGE_MS_MAX} ms`);
    }
  }

  function stopWatching(): void {
    clearInterval(watch);
    watch = undefined;
  }

  return { exchange: (head, body, done) => exchange({ head, body, done }) };
}
