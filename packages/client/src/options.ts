import type { BackoffOptions } from "./backoff.ts";
import {
  aFunction,
  aNumber,
  anObjectWith,
  aSignal,
  aWebSocketUrl,
  type Check,
  checkArgument,
  checkOptions,
  protocolNames,
} from "./check.ts";
import { type ClientClock, systemClock } from "./clock.ts";
import { browserEnvironment, type Environment } from "./environment.ts";
import type { OnError } from "./errors.ts";
import { createGuard, type Guard, logError } from "./guard.ts";
import {
  ANSWER_TIMEOUT_MS_DEFAULT,
  BACKOFF,
  CONNECTION_AGE_MS_DEFAULT,
  CONNECTION_AGE_MS_MAX,
  HEARTBEAT_MS_DEFAULT,
  HEARTBEAT_MS_MAX,
  IDLE_TIMEOUT_MS_DEFAULT,
  WAIT_MS_MAX,
} from "./limits.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** The options of `createSubscribeClient`. */
export interface SubscribeClientOptions {
  /** The URL of the WebSocket API: `wss://…`. Not needed with `getUrl`. */
  url?: string | undefined;
  /** The client calls it before each connection attempt. Use it for URLs with a token that expires. */
  getUrl?: (() => string | Promise<string>) | undefined;
  /**
   * The WebSocket subprotocols that the client offers, in its order of preference. The server has to choose one of them, as
   * `createWebsocketHandler` does. Do not put tokens here: logs may contain them.
   */
  protocols?: string | readonly string[] | undefined;
  /**
   * The WebSocket class. Default: `globalThis.WebSocket` at the first subscription, so that a server without one can
   * create a client and render. The class of `ws` works too.
   */
  webSocket?: WebSocketConstructor | undefined;
  /** How long after the last event the client sends a PING, less up to a quarter. Default 60,000; at most 540,000. */
  heartbeatMs?: number | undefined;
  /**
   * The longest wait between two PINGs: each one that finds nothing doubles it, and a hidden page waits for this long at
   * once. Default 240,000, or `heartbeatMs` if that is longer; at most 540,000: API Gateway closes idle connections after
   * 600,000.
   */
  heartbeatMaxMs?: number | undefined;
  /**
   * The age at which the client moves to a new connection, less up to 10 %. Default 6,600,000. API Gateway closes
   * every connection after 7,200,000.
   */
  maxConnectionAgeMs?: number | undefined;
  /**
   * How long the connection stays open without a subscription. Default 30,000; at most 86,400,000, which is a day. At 0 the
   * client closes it at once. `connect()` keeps it open.
   */
  idleTimeoutMs?: number | undefined;
  /** How long the server may take to respond before the connection counts as lost. Default 10,000. */
  answerTimeoutMs?: number | undefined;
  backoff?: BackoffOptions | undefined;
  clock?: ClientClock | undefined;
  /** Returns a number from 0 up to but not including 1. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** Says when to check the connection. Default: the browser's network and page events. */
  environment?: Environment | undefined;
  /** The client calls it with every error in the background. Default: `console.error`. */
  onError?: OnError | undefined;
  /** Aborting it closes the client for good: later subscriptions end with `CLOSED`. */
  signal?: AbortSignal | undefined;
}

/** The options of `createPubsubClient`. */
export interface PubsubClientOptions extends SubscribeClientOptions {
  /** How much may wait to be published, for example while there is no connection. */
  publishQueue?: PublishQueueOptions | undefined;
}

export interface PublishQueueOptions {
  /** How many publications. Default 1,000. One more rejects with `QUEUE_FULL`. */
  maxCount?: number | undefined;
  /** How many bytes, with their messages' other fields. Default 1,048,576. */
  maxBytes?: number | undefined;
}

export interface ResolvedOptions extends Checked {
  guard: Guard;
}

interface Checked extends Required<Omit<SubscribeClientOptions, "heartbeatMaxMs">> {
  url: string;
  protocols: string[];
  heartbeatMs: number;
  heartbeatMaxMs: number | undefined;
  maxConnectionAgeMs: number;
  idleTimeoutMs: number;
  answerTimeoutMs: number;
  backoff: { baseMs: number; maxMs: number; stableMs: number };
  clock: ClientClock;
  random: () => number;
  environment: Environment;
  onError: OnError;
}

/** In milliseconds. */
const BACKOFF_CHECKS: Record<keyof BackoffOptions, Check> = {
  baseMs: aNumber(BACKOFF.baseMs, 0, WAIT_MS_MAX),
  maxMs: aNumber(BACKOFF.maxMs, 0, WAIT_MS_MAX),
  stableMs: aNumber(BACKOFF.stableMs, 0, WAIT_MS_MAX),
};

export const CLIENT_CHECKS: Record<keyof SubscribeClientOptions, Check> = {
  url: aWebSocketUrl,
  getUrl: aFunction(),
  protocols: protocolNames,
  webSocket: aFunction(),
  heartbeatMs: aNumber(HEARTBEAT_MS_DEFAULT, 1, HEARTBEAT_MS_MAX),
  heartbeatMaxMs: aNumber(undefined, 1, HEARTBEAT_MS_MAX),
  maxConnectionAgeMs: aNumber(CONNECTION_AGE_MS_DEFAULT, 1, CONNECTION_AGE_MS_MAX),
  idleTimeoutMs: aNumber(IDLE_TIMEOUT_MS_DEFAULT, 0, WAIT_MS_MAX),
  answerTimeoutMs: aNumber(ANSWER_TIMEOUT_MS_DEFAULT, 1, WAIT_MS_MAX),
  backoff: anObjectWith([], {}),
  clock: anObjectWith(["now", "setTimeout", "clearTimeout"], systemClock),
  random: aFunction(Math.random),
  environment: anObjectWith(["onWake"], browserEnvironment),
  onError: aFunction(logError),
  signal: aSignal,
};

/** Checks the options and fills in the defaults. Throws `INVALID_ARGUMENT`. */
export function resolveOptions(
  given: SubscribeClientOptions,
  checks: typeof CLIENT_CHECKS = CLIENT_CHECKS,
): ResolvedOptions {
  const options = checkOptions<Checked>("options", given, checks);
  const { url, getUrl, onError } = options;
  if (!getUrl) checkArgument("options.url", url, aWebSocketUrl);
  const backoff = checkOptions<Checked["backoff"]>("options.backoff", options.backoff, BACKOFF_CHECKS);
  return { ...options, backoff, guard: createGuard(onError) };
}

/** Returns the WebSocket class. Throws `INVALID_ARGUMENT` if there is no such class: Node 20 has none of its own. */
export function resolveWebSocket({
  webSocket = globalThis.WebSocket,
}: SubscribeClientOptions): WebSocketConstructor {
  checkArgument("options.webSocket", webSocket, CLIENT_CHECKS.webSocket);
  return webSocket;
}
