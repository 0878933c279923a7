import type {
  EventsOptions,
  Published,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  TopicOptions,
  TopicSubscription,
  UserEventOptions,
  UserSubscription,
} from "./subscription-types.ts";
import type { TopicEvent } from "./topic-event.ts";

export type {
  Member,
  Members,
  MembersChange,
  OnMembers,
  PresenceOptions,
} from "./presence-types.ts";
export type {
  EventsOptions,
  LoadedState,
  LoadState,
  Published,
  PublishOptions,
  ReadyPosition,
  SubscribeOptions,
  Subscription,
  TopicOptions,
  TopicSubscription,
  TopicToken,
  UserEventOptions,
  UserSubscription,
} from "./subscription-types.ts";

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
   * As in `SubscribeClient`, with more options: history, the newest value only, or a state and the events after it.
   *
   * @example
   * ```ts
   * const room = client.subscribe<Message>("room-1", ({ data }) => show(data), { last: 50 });
   * await room.publish({ text: "hello" });
   * ```
   */
  subscribe<Data = unknown, State = unknown>(
    topicId: string,
    onEvent: (event: TopicEvent<Data>) => void,
    options?: TopicOptions<State>,
  ): TopicSubscription;
  /**
   * Publishes, and resolves when the event is durable in the topic's log. Connects if the client has no connection. It
   * sends publications of a topic one after the other, in the order of the calls, and sends one again after a lost connection
   * or response: the server publishes it once. The subscribers of this client get the event before the promise resolves.
   *
   * Never throws. Rejects with
   * - `INVALID_ARGUMENT`: an argument or option is wrong, or `data` is not JSON, has a lone surrogate, or is too large for
   *   a message of 32 KB. Nothing was sent
   * - `QUEUE_FULL`: too many publications wait already. Nothing was sent
   * - `REFUSED`: the server rejects it, with the reason in `context.code`
   * - `SERVER_ERROR`, `UNCONFIRMED`: ten attempts failed. It may have been published: call again with the same
   *   `context.publicationId`
   * - `CLOSED`, `CONNECTION_REFUSED`, `ABORTED`: the client was closed, refused, or the signal aborted. The same applies
   *
   * @example
   * ```ts
   * const { offset } = await client.publish("room-1", { text: "hello" });
   * ```
   */
  publish(topicId: string, data: unknown, options?: PublishOptions): Promise<Published>;
  /**
   * Calls `onEvent` with each event that a back end publishes to the user of this connection, with `publishToUser`: once and
   * in order, as `subscribe` does for a topic. Each of the user's connections gets them. Who the user is, the server knows
   * from the handshake, so that there is no token. It ends with `REFUSED` if the server did not learn a user from the
   * handshake, or has no such topics.
   *
   * The server may subscribe each connection by itself, and post to it before this client asks. The client reports what it
   * gets then as `UNKNOWN_FRAME`, and a subscription with `since` or with events already gets it again.
   *
   * Throws `INVALID_ARGUMENT`.
   *
   * @example
   * ```ts
   * const stop = client.onUserEvent<{ text: string }>(({ data }) => notify(data.text), { last: 20 });
   * ```
   */
  onUserEvent<Data = unknown>(
    onEvent: (event: TopicEvent<Data>) => void,
    options?: UserEventOptions,
  ): UserSubscription;
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
