import { type OptionRule, positiveInteger, positiveNumber } from "../options/option-rules.ts";

/**
 * API Gateway's quotas for WebSocket APIs and for the account. Each of them can be changed.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export interface GatewayLimits {
  /** If a client's message is longer, the gateway closes its connection with 1009. A longer POST body gets 413. */
  messageBytes: number;
  /** If a single frame from a client is longer, the gateway closes its connection with 1009. */
  frameBytes: number;
  /** After this time without a message in either direction, the gateway closes the connection with 1001. */
  idleTimeoutMs: number;
  /** At this age the gateway closes a connection with 1001, even if it has traffic. */
  maxConnectionMs: number;
  /**
   * The refill rate of the account's bucket. Every `@connections` call, handshake and client message takes one token,
   * whatever its size. If the bucket is empty, calls and handshakes get 429, and a client gets "Too Many Requests".
   */
  postsPerSecond: number;
  /** The size of the account's bucket. */
  postBurst: number;
  /** The unsent bytes that one connection may hold. Above that, only posts to this connection get 429. */
  connectionBufferBytes: number;
  /** The refill rate of the bucket for new connections. If the bucket is empty, a handshake gets 429. */
  connectsPerSecond: number;
  /** The size of the bucket for new connections. */
  connectBurst: number;
}

export const defaultLimits: Readonly<GatewayLimits> = {
  messageBytes: 131_072,
  frameBytes: 32_768,
  idleTimeoutMs: 600_000,
  maxConnectionMs: 7_200_000,
  postsPerSecond: 10_000,
  postBurst: 5_000,
  // AWS documents that a full buffer is a cause of 429, but not the size of the buffer.
  connectionBufferBytes: 524_288,
  connectsPerSecond: 500,
  // AWS documents the rate for new connections but no burst. This is the rate of one second.
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
