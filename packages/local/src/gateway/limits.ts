import { type OptionRule, positiveInteger, positiveNumber } from "../options/option-rules.ts";

/**
 * API Gateway's quotas for WebSocket APIs and for the account, every one settable.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export interface GatewayLimits {
  /** A longer client message closes its connection with 1009; a longer POST body is answered 413. */
  messageBytes: number;
  /** A longer single frame from a client closes its connection with 1009. */
  frameBytes: number;
  /** Without a message either way for this long, the connection is closed with 1001. */
  idleTimeoutMs: number;
  /** At this age a connection is closed with 1001, whatever its traffic. */
  maxConnectionMs: number;
  /**
   * Refill rate of the account's bucket. Every `@connections` call, handshake and client message takes one token from it,
   * whatever its size. Without a token, calls and handshakes get 429, and a client gets "Too Many Requests".
   */
  postsPerSecond: number;
  /** Size of the account's bucket. */
  postBurst: number;
  /** Unsent bytes that one connection may hold. With more, only posts to this connection get 429. */
  connectionBufferBytes: number;
  /** Refill rate of the bucket that new connections take from; empty: the handshake is answered 429. */
  connectsPerSecond: number;
  /** Size of the bucket for new connections. */
  connectBurst: number;
}

export const defaultLimits: Readonly<GatewayLimits> = {
  messageBytes: 131_072,
  frameBytes: 32_768,
  idleTimeoutMs: 600_000,
  maxConnectionMs: 7_200_000,
  postsPerSecond: 10_000,
  postBurst: 5_000,
  // AWS says that a full buffer is a cause of 429, but does not document its size.
  connectionBufferBytes: 524_288,
  connectsPerSecond: 500,
  // AWS states the rate for new connections and no burst: one second's worth.
  connectBurst: 500,
};

export const limitRules: Record<keyof GatewayLimits, OptionRule> = {
  messageBytes: positiveInteger,
  frameBytes: positiveInteger,
  idleTimeoutMs: positiveNumber,
  maxConnectionMs: positiveNumber,
  postsPerSecond: positiveNumber,
  postBurst: positiveInteger,
  connectionBufferBytes: positiveInteger,
  connectsPerSecond: positiveNumber,
  connectBurst: positiveInteger,
};

/** Merges `changes`, which are already checked, into `base`. */
export function resolveLimits(base: Readonly<GatewayLimits>, changes: Partial<GatewayLimits>): GatewayLimits {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}
