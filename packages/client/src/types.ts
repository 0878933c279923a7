/** A place in a topic's log: the event at `offset`, or before the first one of the epoch with offset 0. */
export interface Position {
  /** Epochs sort by time as strings. */
  epoch: string;
  /** Contiguous from 1 within an epoch. */
  offset: number;
}

export interface TopicEvent<Data = unknown> extends Position {
  topicId: string;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  data: Data;
}

/**
 * - `history-unavailable`: the events have expired, or are more than the server replays
 * - `new-epoch`: the topic's log expired entirely and began anew; nobody knows how far the old epoch went
 * - `position-unknown`: the server's log ends before the position it was asked to go on from, for example because
 *   the position comes from another deployment; then `from` sorts after `to`
 */
export type GapReason = "history-unavailable" | "new-epoch" | "position-unknown";

/** Events that will never come: everything from `from` to `to`, both included. Delivery goes on behind `to`. */
export interface Gap {
  topicId: string;
  from: Position;
  to: Position;
  reason: GapReason;
}

/** A token, or a function that is called for one whenever it is to be sent, so that it may expire. */
export type TopicToken = string | (() => string | Promise<string>);

export interface SubscribeOptions {
  /** The last position the caller has: delivery begins behind it. Without it, with what is published from now on. */
  since?: Position | undefined;
  /**
   * Sent along with each SUBSCRIBE of the topic, for the server's `authorize`. Subscribers of one topic share its
   * subscription: the token of the one that came last is sent.
   */
  token?: TopicToken | undefined;
  /** Called in the place of events that are gone. Without it, gaps go to the client's `onError`. */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Ends the subscription. */
  signal?: AbortSignal | undefined;
}

export interface EventsOptions {
  since?: Position | undefined;
  /**
   * Sent along with each SUBSCRIBE of the topic, for the server's `authorize`. Subscribers of one topic share its
   * subscription: the token of the one that came last is sent.
   */
  token?: TopicToken | undefined;
  /** Called in the place of events that are gone. Without it, a gap ends the iteration with `HISTORY_GONE`. */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Ends the iteration, as done. */
  signal?: AbortSignal | undefined;
  /** How many events may wait for the reader before the iteration ends with `BUFFER_OVERFLOW`. Default 1,000. */
  bufferLimit?: number | undefined;
}

/** Call it to unsubscribe. */
export interface Subscription extends Disposable {
  (): void;
  /**
   * Where the topic's log stood when the subscription did: what is behind that is live. Rejects with `REFUSED`
   * or `CLOSED` if it never does.
   */
  readonly ready: Promise<Position>;
}

export type ClientState = "connecting" | "open" | "reconnecting" | "closed";

export interface PubsubClient extends Disposable {
  readonly state: ClientState;
  /** Calls back on every change, until the returned function is called. */
  onStateChange(listener: (state: ClientState) => void): () => void;
  /**
   * Calls back with each event of the topic once, in order.
   *
   * Throws `INVALID_ARGUMENT`. What `onEvent` throws goes to the client's `onError`.
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
   * The same as an async iterator; it subscribes when it is called, not when it is first read. Events that were
   * received are read before an error is.
   *
   * Throws `INVALID_ARGUMENT`. Ends with `BUFFER_OVERFLOW` or `HISTORY_GONE`, both of which have `resumeFrom`, or
   * with `REFUSED` or `CONNECTION_REFUSED`.
   */
  events<Data = unknown>(
    topicId: string,
    options?: EventsOptions,
  ): AsyncIterableIterator<TopicEvent<Data>, undefined>;
  /** Ends all subscriptions and the connection. No timer is left behind. */
  close(): void;
}
