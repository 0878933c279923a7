import type { ServerResponse } from "node:http";

/** Decides which response is the last one of its HTTP connection. */
export interface HttpConnections {
  /** Sets the `Connection` header of a response that is about to be made. */
  prepare(response: ServerResponse): void;
}

/**
 * A server may end a persistent connection after any response and announces it with `Connection: close` (RFC 9112,
 * section 9.6). AWS documents no number for API Gateway, so here it is every Nth response of all connections together.
 * `Keep-Alive`, which Node would add with the time that it waits, is left out, because AWS does not send it.
 *
 * @param closeEvery 0 never closes
 */
export function createHttpConnections(closeEvery: number): HttpConnections {
  let responses = 0;
  return {
    prepare(response) {
      responses += 1;
      // The client has asked for the end of the connection
      if (!response.shouldKeepAlive) return;
      const isLast = closeEvery > 0 && responses % closeEvery === 0;
      response.setHeader("connection", isLast ? "close" : "keep-alive");
    },
  };
}
