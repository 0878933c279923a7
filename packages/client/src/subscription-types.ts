import type { PubsubClientError } from "./errors.ts";
import type { Members, OnMembers, PresenceOptions } from "./presence-types.ts";
import type { Gap, Position } from "./topic-event.ts";

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

/** The options of `subscribe` of a client of `createPubsubClient`. */
export interface TopicOptions<State = unknown> extends SubscribeOptions {
  /**
   * Delivery begins with the newest events that the log keeps, at most this many: 1 to 1,000. The server sends them in one
   * response, so there may be fewer if they are large: `ready` then has `truncated: true`. `since`, and after a
   * reconnection the subscription's own position, win over it. Not together with `load`.
   */
  last?: number | undefined;
  /**
   * Only the newest event counts: the client delivers each event that is newer than the one before it, drops the others and
   * reports no gap. Not together with `load`.
   */
  latest?: true | undefined;
  /**
   * Returns the state that the topic's events change, and the position of the last event that is in it, within 30 s. The
   * client subscribes first, so that it misses nothing meanwhile. It calls `load` again, with growing delays, if it fails,
   * if the position is missing or of an older epoch, and whenever events after the state are gone. Its `signal` is aborted
   * when nobody needs the result any more. Needs `onState`. Not together with `since` or `last`.
   */
  load?: LoadState<State> | undefined;
  /** Called with each state that `load` returned. `onEvent` then gets each event after `position`, once and in order. */
  onState?: ((state: State, position: Position) => void) | undefined;
  /**
   * The user is one of the topic's members, and the subscription knows who they are. The server's `authorize` has to return
   * a `userId`, and its option `presence` has to be on. Calls for the same topic share one subscription: the `info` of the
   * latest call with `presence` counts, and the user leaves with the last of them.
   */
  presence?: true | PresenceOptions | undefined;
  /** As the method `onMembers` of the subscription. Needs `presence`. */
  onMembers?: OnMembers | undefined;
}

export type LoadState<State = unknown> = (context: { signal: AbortSignal }) => Promise<LoadedState<State>>;

export interface LoadedState<State = unknown> {
  state: State;
  /** As `getTopicPosition` returns it. Read the position first and the state after it, or both in one transaction. */
  position: Position | null | undefined;
}

/** The options of `onUserEvent`. */
export type UserEventOptions = Pick<TopicOptions, "since" | "last" | "latest" | "onGap" | "onEnd" | "signal">;

export interface PublishOptions {
  /**
   * Makes it safe to publish again: the server publishes each id once. 1 to 512 characters. Default: a random one, which
   * the promise returns, also in the `context` of its error.
   */
  publicationId?: string | undefined;
  /** The client sends it with the publication, for the server's `authorize`. It calls a function for each attempt. */
  token?: TopicToken | undefined;
  /** Aborting it rejects the promise with `ABORTED`. What was sent already may be published all the same. */
  signal?: AbortSignal | undefined;
}

/** A publication that is in the topic's log, at this position. */
export interface Published extends Position {
  topicId: string;
  publicationId: string;
  /** Whether it was there already, for example because an earlier attempt was published and its response was lost. */
  duplicate: boolean;
}

export interface EventsOptions {
  /** Begin with the newest events, at most this many: as in `TopicOptions`. */
  last?: number | undefined;
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

/** The topic's position when a subscription was confirmed. */
export interface ReadyPosition extends Position {
  /** Only with `last`: delivery begins after this position. */
  from?: Position;
  /** Only with `last`: whether the log had more events than the server could send, although fewer than asked for came. */
  truncated?: true;
}

/** A subscription of `onUserEvent`. */
export interface UserSubscription extends Subscription {
  readonly ready: Promise<ReadyPosition>;
}

/** A subscription of a client of `createPubsubClient`. */
export interface TopicSubscription extends Subscription {
  readonly ready: Promise<ReadyPosition>;
  /** Publishes to the topic, with the token of the subscription unless `options` have another one. */
  publish(data: unknown, options?: PublishOptions): Promise<Published>;
  /**
   * Who is in the topic, as far as the client knows: undefined until the server confirmed the subscription. Another object
   * with each change. A client without a connection keeps what it knew. Only with `presence`.
   */
  readonly members: Members | undefined;
  /**
   * Calls `listener` once with the members, as soon as they are known, and then with each change, until the returned
   * function is called or the subscription ends. Errors that it throws go to the client's `onError`.
   *
   * Throws `INVALID_ARGUMENT` without `presence`.
   *
   * @example
   * ```ts
   * const room = client.subscribe("room-1", onEvent, { presence: true });
   * room.onMembers(({ count, joined }) => show(count, joined.map(({ userId }) => userId)));
   * ```
   */
  onMembers<Info = unknown>(listener: OnMembers<Info>): () => void;
}
