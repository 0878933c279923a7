/**
 * Our own limit: a connection that was idle for longer is not used again. While Lambda has the process frozen, the
 * other side can close a connection, or forget it, and nothing in this process notices. A request on such a connection
 * waits until its limit, and a post on it can become a duplicate. A new connection costs 2 ms (docs/decisions/0014).
 */
const IDLE_MS_MAX = 4_000;

/** A clock that was set back must not keep a connection for longer. */
export const isIdleTooLong = (sinceMs: number): boolean => Math.abs(Date.now() - sinceMs) > IDLE_MS_MAX;
