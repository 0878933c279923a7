/** A place in a topic's log: the event at `offset`. Offset 0 is the place before the first event of the epoch. */
export interface Position {
  /** Epochs sort by time as strings. */
  epoch: string;
  /** Offsets start at 1 in each epoch and have no holes. */
  offset: number;
}

export interface TopicEvent<Data = unknown> extends Position {
  topicId: string;
  publicationId: string;
  /** Milliseconds since 1970, by the producer's clock. */
  publishedAt: number;
  data: Data;
}

/**
 * - `history-unavailable`: the events have expired, or there are more of them than the server replays
 * - `new-epoch`: all events of the topic's log expired and a new epoch began. How far the old epoch went is unknown
 * - `position-unknown`: the server's log ends before the position that the client sent, for example because the
 *   position comes from another deployment. In this case `from` sorts after `to`
 */
export type GapReason = "history-unavailable" | "new-epoch" | "position-unknown";

/** Events that the client can no longer get: all from `from` to `to`, both included. Delivery continues after `to`. */
export interface Gap {
  topicId: string;
  from: Position;
  to: Position;
  reason: GapReason;
}

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

export type ClientState = "connecting" | "open" | "reconnecting" | "closed";

export interface PubsubClient extends Disposable {
  readonly state: ClientState;
  /** Calls `listener` on every change, until the returned function is called. */
  onStateChange(listener: (state: ClientState) => void): () => void;
  /**
   * Calls `onEvent` with each event of the topic once, in order.
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
   * Subscribes and returns an async iterator. It subscribes at the call, not at the first read. The reader gets the
   * events that the client received before it gets an error.
   *
   * Throws `INVALID_ARGUMENT`. The iteration rejects with `BUFFER_OVERFLOW` or `HISTORY_GONE`, both of which have
   * `resumeFrom`, or with `REFUSED`, `CONNECTION_REFUSED` or, if the client was closed before the call, `CLOSED`.
   */
  events<Data = unknown>(
    topicId: string,
    options?: EventsOptions,
  ): AsyncIterableIterator<TopicEvent<Data>, undefined>;
  /** Ends all subscriptions, closes the connection and clears all timers. */
  close(): void;
}
