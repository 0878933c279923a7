import type { HttpConnection } from "./http-connection.ts";

/**
 * Whether connections can be used again. Some front ends close every connection after one response without announcing
 * it, and a request on such a connection fails. So the first connections rest until their end would have been seen, and
 * the others are treated alike.
 */
export interface ConnectionReuse {
  /**
   * How long a connection rests after a response, in addition to the turns that the event loop needs to see its end.
   */
  answered(connection: HttpConnection): number;
  /** The connection ended while no request was under way on it. */
  ended(connection: HttpConnection): void;
}

/**
 * Our own limit: the end follows its response on the same path, so it arrives right after it. Only for the first
 * connections.
 */
export const REST_MS = 10;
/** Our own limit: an end this soon after a response belongs to it. A later one is the end of an idle connection. */
export const LONG_REST_MS = 1_000;
/** Our own limit: one end can be chance, such as a server that restarts. */
const ENDS_MIN = 2;

export function createConnectionReuse(): ConnectionReuse {
  let reused = false;
  /** Ends in a row, each after one response. */
  let ends = 0;
  return {
    answered({ answers }) {
      if (answers > 1) {
        reused = true;
        ends = 0;
      }
      if (ends >= ENDS_MIN) return LONG_REST_MS;
      return reused ? 0 : REST_MS;
    },
    ended({ answers, lastUsedMs }) {
      if (answers === 1 && Math.abs(Date.now() - lastUsedMs) <= LONG_REST_MS) ends += 1;
    },
  };
}
