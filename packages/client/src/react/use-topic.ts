import { useState, useSyncExternalStore } from "react";
import { aNumber, aPosition, aToken, aTopicId, checkArgument, checkOptions } from "../check.ts";
import type { Position } from "../topic-event.ts";
import type { SubscribeClient, TopicToken } from "../types.ts";
import { usePubsubClient } from "./provider.ts";
import { createTopicStore, SERVER_SNAPSHOT, type TopicSnapshot, type TopicStore } from "./topic-store.ts";

export interface UseTopicOptions {
  /** How many events to keep. Default 100. */
  limit?: number | undefined;
  /** Delivery begins after this position when the component mounts or the topic changes. Default: with new events. */
  since?: Position | undefined;
  /** As in `subscribe`. The hook keeps the token of that moment, so use a function for tokens that expire. */
  token?: TopicToken | undefined;
}

interface HeldStore<Data> extends TopicStore<Data> {
  client: SubscribeClient;
  topicId: string | undefined;
  limit: number;
}

const CHECKS = { limit: aNumber(100, 1, 1_000_000), since: aPosition, token: aToken };

const getServerSnapshot = (): TopicSnapshot<never> => SERVER_SNAPSHOT;

/**
 * Returns the newest events of a topic, the state of the connection, and the error that ended the subscription. A change
 * of topic, client or limit starts a new subscription with an empty list. With `undefined` as the topic it subscribes to
 * nothing. It never connects while it renders, so nothing connects on a server.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * @example
 * ```tsx
 * import { useTopic } from "lambda-websocket-pubsub-client/react";
 *
 * function Chat() {
 *   const { events, gap, state, error } = useTopic<{ text: string }>("room-1", { limit: 50 });
 *   if (error) return <p>{error.message}</p>;
 *   return <ul data-state={state}>{events.map(({ offset, data }) => <li key={offset}>{data.text}</li>)}</ul>;
 * }
 * ```
 */
export function useTopic<Data = unknown>(
  topicId: string | undefined,
  options: UseTopicOptions = {},
): TopicSnapshot<Data> {
  const client = usePubsubClient<SubscribeClient>();
  if (topicId !== undefined) checkArgument("topicId", topicId, aTopicId);
  const checked = checkOptions<UseTopicOptions & { limit: number }>("options", options, CHECKS);
  const { limit } = checked;
  const create = (): HeldStore<Data> => {
    return { ...createTopicStore<Data>(client, topicId, checked), client, topicId, limit };
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
