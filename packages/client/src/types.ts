import type { PubsubClientError } from "./errors.ts";
import type { Gap, Position, TopicEvent } from "./topic-event.ts";

/**
 * A token, or a function that returns one within 10 s. The client calls it each time it sends the token, so tokens may
 * expire. If the server rejects one, the client asks for another up to four times before the subscription ends.
 */
export type TopicToken = string | (() => string | Promise<string>);

export interface SubscribeOptions {
  /** The last position that the caller has: delivery begins after it. Without it, delivery begins with new events. */
  since?: Position | undefined;
  /**
   * The client sends it with each SUBSCRIBE of the topic, for the server's `authorize`. Calls for the same topic share
   * one subscription: the client sends the token of the latest call.
   */
  token?: TopicToken | undefined;
  /** Called once for each gap. Without it, gaps go to the client's `onError`. */
  onGap?: ((gap: Gap) => void) | undefined;
  /**
   * Called once, after `subscribe` has returned, if the subscription ends although the caller did not end it: with
   * `REFUSED`, with `CONNECTION_REFUSED`, or with `CLOSED` after the client was closed.
   */
  onEnd?: ((error: PubsubClientError) => void) | undefined;
  /** Aborting it ends the subscription. */
  signal?: AbortSignal | undefined;
}

export interface EventsOptions {
  /** The last position that the caller has: the events after it follow. Without it, new events follow. */
  since?: Position | undefined;
  /**
   * The client sends it with each SUBSCRIBE of the topic, for the server's `authorize`. Calls for the same topic share
   * one subscription: the client sends the token of the latest call.
   */
  token?: TopicToken | undefined;
  /** Called once for each gap. Without it, a gap ends the iteration with `HISTORY_GONE`. */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Aborting it ends the iteration without an error. */
  signal?: AbortSignal | undefined;
  /** How many events may wait for the reader. One more ends the iteration with `BUFFER_OVERFLOW`. Default 1,000. */
  bufferLimit?: number | undefined;
}

/** Call it to unsubscribe. */
export interface Subscription extends Disposable {
  (): void;
  /**
   * Resolves to the topic's position when the server confirmed the subscription: later events are live. Rejects with
   * `REFUSED`, `CONNECTION_REFUSED` or `CLOSED` if the subscription ends before that.
   */
  readonly ready: Promise<Position>;
}

/**
 * - `idle`: there is no connection, because nothing needs one. A new client is idle
 * - `connecting`: no connection has opened yet. The client tries until one opens
 * - `open`: connected
 * - `reconnecting`: the connection was lost, and the client tries to open another one
 * - `closed`: `close()` was called, the server refused the connection for good, or the client's signal was aborted
 */
export type ClientState = "idle" | "connecting" | "open" | "reconnecting" | "closed";

/** A client without `events`: `createSubscribeClient` returns it. */
export interface SubscribeClient extends Disposable {
  readonly state: ClientState;
  /** Calls `listener` on every change, also after `close()`, until the returned function is called. */
  onStateChange(listener: (state: ClientState) => void): () => void;
  /**
   * Calls `onEvent` with each event of the topic once, in order. Connects if the client has no connection, after the
   * current task: a subscription that ends in the same task opens nothing.
   *
   * Throws `INVALID_ARGUMENT`. Errors that `onEvent` throws, or with which its promise rejects, go to the client's `onError`.
   * The client does not wait for the promise.
   *
   * @example
   * ```ts
   * const unsubscribe = client.subscribe<{ text: string }>("room-1", ({ data }) => show(data.text));
   * await unsubscribe.ready;
   * ```
   */
  subscribe<Data = unknown>(
    topicId: string,
    onEvent: (event: TopicEvent<Data>) => void,
    options?: SubscribeOptions,
  ): Subscription;
  /**
   * Connects now, and keeps the connection without subscriptions, until `close()`. Does nothing if the client's signal
   * is aborted.
   *
   * Throws `INVALID_ARGUMENT` if there is no WebSocket class.
   */
  connect(): void;
  /**
   * Opens a new connection now, with a new URL if there is `getUrl`, for example after a login. An open connection stays
   * until all subscriptions have moved to the new one, so no event is lost. Without a connection, it connects if there
   * are subscriptions or if `connect()` was called, and otherwise only allows subscriptions again after
   * `CONNECTION_REFUSED`.
   *
   * Throws `INVALID_ARGUMENT` if there is no WebSocket class.
   */
  reconnect(): void;
  /**
   * Ends all subscriptions, closes the connection and clears all timers. The next `subscribe` or `connect()` starts the
   * client again. Abort the client's signal to close it for good.
   */
  close(): void;
}

export interface PubsubClient extends SubscribeClient {
  /**
   * Subscribes and returns an async iterator. It subscribes at the call, not at the first read. The reader gets the
   * events that the client received before it gets an error. The iteration ends without an error after `close()`.
   *
   * Throws `INVALID_ARGUMENT`. The iteration rejects with `BUFFER_OVERFLOW` or `HISTORY_GONE`, both of which have
   * `resumeFrom`, or with `REFUSED` or `CONNECTION_REFUSED`.
   */
  events<Data = unknown>(
    topicId: string,
    options?: EventsOptions,
  ): AsyncIterableIterator<TopicEvent<Data>, undefined>;
}
