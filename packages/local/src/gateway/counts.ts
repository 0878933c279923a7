import { startedUnits } from "../cost/index.ts";

export interface GatewayCounts {
  /** Connections that are open or closing now. */
  connections: number;
  /** Handshakes that ended in a 101. */
  connected: number;
  /** Handshakes that ended without a 101. */
  refused: number;
  /** Rejected handshakes for which the account's bucket or the one for new connections was empty. */
  throttledConnects: number;
  /** Messages from clients and accepted POSTs. Each started 32 KB of a message counts as one. */
  meteredMessages: number;
  /** The bytes of the messages that were sent to clients. */
  sentBytes: number;
  /** The time that all connections together have been open. */
  connectionMs: number;
  /** Messages from clients that the account's bucket let through. A function gets those that fit a route. */
  messages: number;
  /** Messages from clients for which the account's bucket was empty. No function gets them. */
  throttledMessages: number;
  /** Invocations that threw, timed out or returned a malformed result. */
  integrationErrors: number;
  /** `$disconnect` invocations that a fault rule dropped. */
  disconnectsLost: number;
  /** POSTs to `@connections`, including those that were rejected. */
  posts: number;
  /** POSTs whose frame was passed to a socket. */
  delivered: number;
  /** POSTs that got 400, because their connection id cannot be decoded. */
  invalidIds: number;
  /** POSTs that got 410. */
  gone: number;
  /** POSTs that got 413. */
  tooLarge: number;
  /** Calls that were rejected because of their signature or their path. */
  forbidden: number;
  /** Calls to `@connections` that got 429 because the account's bucket was empty. */
  throttledAccount: number;
  /** POSTs that got 429 because the buffer of their connection was full. */
  throttledConnection: number;
  /** POSTs that a fault rule hit. */
  postFaults: number;
}

export function createCounts(): GatewayCounts {
  return {
    connections: 0,
    connected: 0,
    refused: 0,
    throttledConnects: 0,
    meteredMessages: 0,
    sentBytes: 0,
    connectionMs: 0,
    messages: 0,
    throttledMessages: 0,
    integrationErrors: 0,
    disconnectsLost: 0,
    posts: 0,
    delivered: 0,
    invalidIds: 0,
    gone: 0,
    tooLarge: 0,
    forbidden: 0,
    throttledAccount: 0,
    throttledConnection: 0,
    postFaults: 0,
  };
}

/** https://aws.amazon.com/api-gateway/pricing/: messages are metered in increments of 32 KB. */
const METERED_BYTES = 32_768;

export function meterMessage(counts: GatewayCounts, bytes: number): void {
  counts.meteredMessages += startedUnits(bytes, METERED_BYTES);
}

/** Meters a message to a client. */
export function meterSent(counts: GatewayCounts, bytes: number): void {
  meterMessage(counts, bytes);
  counts.sentBytes += bytes;
}
