import { useState, useSyncExternalStore } from "react";
import {
  aFunction,
  aNumber,
  aPosition,
  aToken,
  aTopicId,
  type Check,
  checkArgument,
  checkOptions,
} from "../check.ts";
import { aLast, aLatest, checkTogether } from "../history-options.ts";
import type { Position } from "../topic-event.ts";
import type { LoadState, SubscribeClient, TopicToken } from "../types.ts";
import { usePubsubClient } from "./provider.ts";
import { createTopicStore, SERVER_SNAPSHOT, type TopicSnapshot, type TopicStore } from "./topic-store.ts";

export interface UseTopicOptions<State = unknown> {
  /** How many events to keep. Default 100, or `last` if that is more. With `load` all of them, because the state needs each. */
  limit?: number | undefined;
  /** Delivery begins after this position when the component mounts or the topic changes. Default: with new events. */
  since?: Position | undefined;
  /** As in `subscribe`. The hook keeps the token of that moment, so use a function for tokens that expire. */
  token?: TopicToken | undefined;
  /**
   * When the component mounts or the topic changes, delivery begins with the newest events, at most this many: 1 to 1,000.
   * `ready` in the result tells where it begins. `since` wins over it.
   */
  last?: number | undefined;
  /** Only the newest event counts: the client may leave out older ones. As in `subscribe`. */
  latest?: true | undefined;
  /**
   * Returns the state that the topic's events change, as in `subscribe`. It appears as `loaded` in the result, and `events`
   * are then those after its position. The hook keeps the function of that moment. Not together with `since` or `last`.
   */
  load?: LoadState<State> | undefined;
}

interface HeldStore<Data, State> extends TopicStore<Data, State> {
  client: SubscribeClient;
  topicId: string | undefined;
  limit: number;
}

const LIMIT_DEFAULT = 100;
const CHECKS: Record<keyof UseTopicOptions, Check> = {
  limit: aNumber(undefined, 1, 1_000_000),
  since: aPosition,
  token: aToken,
  last: aLast,
  latest: aLatest,
  load: aFunction(),
};

const getServerSnapshot = (): TopicSnapshot<never, never> => SERVER_SNAPSHOT;

/**
 * Returns the newest events of a topic, the state of the connection, and the error that ended the subscription. A change
 * of topic, client or limit starts a new subscription with an empty list. With `undefined` as the topic it subscribes to
 * nothing. It never connects while it renders, so nothing connects on a server.
 *
 * Throws `INVALID_ARGUMENT`. `last`, `latest` and `load` need a client of `createPubsubClient`.
 *
 * @example
 * ```tsx
 * import { useTopic } from "lambda-websocket-pubsub-client/react";
 *
 * function Chat() {
 *   const { events, ready, state, error } = useTopic<{ text: string }>("room-1", { last: 50 });
 *   if (error) return <p>{error.message}</p>;
 *   if (!ready) return <p>Loading…</p>;
 *   return <ul data-state={state}>{events.map(({ offset, data }) => <li key={offset}>{data.text}</li>)}</ul>;
 * }
 * ```
 */
export function useTopic<Data = unknown, State = unknown>(
  topicId: string | undefined,
  options: UseTopicOptions<State> = {},
): TopicSnapshot<Data, State> {
  const client = usePubsubClient<SubscribeClient>();
  if (topicId !== undefined) checkArgument("topicId", topicId, aTopicId);
  const checked = checkOptions<UseTopicOptions<State>>("options", options, CHECKS);
  const {
    last,
    load,
    limit = load ? Number.POSITIVE_INFINITY : Math.max(LIMIT_DEFAULT, last ?? 0),
  } = checked;
  if (load) checkTogether({ ...checked, onState() {} });
  const create = (): HeldStore<Data, State> => {
    return {
      ...createTopicStore<Data, State>(client, topicId, { ...checked, limit }),
      client,
      topicId,
      limit,
    };
  };
  // React may drop a memo, and the subscription's position with it. It keeps state
  const [held, hold] = useState(create);
  let store = held;
  if (held.client !== client || held.topicId !== topicId || held.limit !== limit) {
    store = create();
    hold(store);
  }
  return useSyncExternalStore(store.subscribe, store.getSnapshot, getServerSnapshot);
}
