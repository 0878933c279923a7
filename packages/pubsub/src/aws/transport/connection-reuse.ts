import type { HttpConnection } from "./http-connection.ts";

/**
 * Whether connections can be used again. Some front ends close every connection after one answer without saying so,
 * and a request on such a connection fails. So the first connections rest until their end would have been seen, and
 * what is learned from them goes for the others.
 */
export interface ConnectionReuse {
  /** How long a connection rests after an answer, on top of the turns that the event loop needs to see its end. */
  answered(connection: HttpConnection): number;
  /** The connection ended while no request was under way on it. */
  ended(connection: HttpConnection): void;
}

/** Ours: the end follows its answer on the same path, so it comes right after it. Once, for the first connections. */
export const REST_MS = 10;
/** Ours: how soon after an answer an end belongs to it. Later ones are those of an idle connection. */
export const LONG_REST_MS = 1_000;
/** Ours: one end may be chance, such as a server that restarts. */
const ENDS_MIN = 2;

export function createConnectionReuse(): ConnectionReuse {
  let reused = false;
  /** In a row, after one answer. */
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
