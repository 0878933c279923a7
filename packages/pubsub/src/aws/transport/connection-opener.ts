import { type ExchangeFailure, exchangeFailure } from "./exchange.ts";
import type { HttpConnection, HttpConnectionEvents } from "./http-connection.ts";

/** Opens connections, and limits how many there are at once and how soon it tries again after a failure. */
export interface ConnectionOpener {
  /** Whether more connections are wanted than will become available, and the limits let one be opened now. */
  mayOpen(wanted: number, available: number): boolean;
  open(): void;
  /** How many connections are being opened. */
  opening(): number;
  /** The connection had a response. */
  proved(connection: HttpConnection): void;
  /** Why the last connection that could not be opened failed; an empty text if none failed yet. */
  lastProblem(): string;
  /** For each connection whose opening has taken too long, the call that ends it. */
  overdue(): (() => void)[];
}

export interface OpenerEvents {
  onReady(connection: HttpConnection): void;
  /** A connection that was open has ended. */
  onEnd(connection: HttpConnection): void;
  /** A connection could not be opened; `isLast` if no other connection is left. */
  onRefused(failure: ExchangeFailure, isLast: boolean): void;
}

/** Our own limit: the limiter never needs more connections. Further requests wait. */
const CONNECTIONS_MAX = 256;
/**
 * Our own limit: how many connections may be without a first response. The kernel connects on behalf of a server that
 * has not accepted yet, so a connection proves nothing before its first response. Requests on hundreds of such
 * connections would wait for seconds while the accepted ones are idle.
 */
const UNPROVEN_MAX = 8;
/** Our own limit: to connect inside a Region takes a few milliseconds, and a second more if one packet is lost. */
const CONNECT_MS_MAX = 5_000;
/** Our own limit: while other connections work, the next attempt to open one after a failure waits this long. */
const REOPEN_AFTER_MS = 250;

export function createConnectionOpener(
  openConnection: (events: HttpConnectionEvents) => HttpConnection,
  nowMs: () => number,
  { onReady, onEnd, onRefused }: OpenerEvents,
): ConnectionOpener {
  /** Connections that are being opened, and since when. */
  const opening = new Map<HttpConnection, number>();
  const unproven = new Set<HttpConnection>();
  let size = 0;
  let refusal = { problem: "", reopenAtMs: 0 };

  function onClose(connection: HttpConnection, failure: ExchangeFailure): void {
    size -= 1;
    unproven.delete(connection);
    if (opening.delete(connection)) refuse(failure);
    else onEnd(connection);
  }

  function refuse(failure: ExchangeFailure): void {
    refusal = { problem: failure.problem, reopenAtMs: performance.now() + REOPEN_AFTER_MS };
    onRefused(failure, size === 0);
  }

  return {
    mayOpen(wanted, available) {
      if (wanted <= available + opening.size) return false;
      if (size === 0) return true;
      return (
        size < CONNECTIONS_MAX && unproven.size < UNPROVEN_MAX && performance.now() >= refusal.reopenAtMs
      );
    },
    open() {
      const connection = openConnection({
        onReady(ready) {
          opening.delete(ready);
          onReady(ready);
        },
        onClose,
      });
      size += 1;
      opening.set(connection, nowMs());
      unproven.add(connection);
    },
    opening: () => opening.size,
    proved: (connection) => void unproven.delete(connection),
    lastProblem: () => refusal.problem,
    overdue() {
      const tooSlow = [...opening].filter(([, sinceMs]) => nowMs() - sinceMs > CONNECT_MS_MAX);
      return tooSlow.map(
        ([connection]) =>
          () =>
            connection.destroy(NOT_CONNECTED),
      );
    },
  };
}

const NOT_CONNECTED = exchangeFailure("no-connection", `not connected within ${CONNECT_MS_MAX} ms`);
