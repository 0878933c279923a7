import { useState, useSyncExternalStore } from "react";
import { aNumber, aPosition, aToken, aTopicId, checkArgument, checkOptions } from "../check.ts";
import type { Position, PubsubClient, TopicToken } from "../types.ts";
import { usePubsubClient } from "./provider.ts";
import { createTopicStore, type TopicSnapshot, type TopicStore } from "./topic-store.ts";

export interface UseTopicOptions {
  /** How many events to keep. Default 100. */
  limit?: number | undefined;
  /** Where to begin, when the component is mounted or the topic changes. Default: with what is published from then on. */
  since?: Position | undefined;
  /** As of `subscribe`. The one of then is kept: one that expires has to be a function. */
  token?: TopicToken | undefined;
}

interface HeldStore<Data> extends TopicStore<Data> {
  client: PubsubClient;
  topicId: string;
  limit: number;
}

const CHECKS = { limit: aNumber(100, 1, 1_000_000), since: aPosition, token: aToken };

/**
 * The newest events of a topic, and whether the client is connected. Another topic, client or limit begins anew.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * @example
 * ```tsx
 * import { useTopic } from "lambda-websocket-pubsub-client/react";
 *
 * function Chat() {
 *   const { events, gap, state } = useTopic<{ text: string }>("room-1", { limit: 50 });
 *   return <ul data-state={state}>{events.map(({ offset, data }) => <li key={offset}>{data.text}</li>)}</ul>;
 * }
 * ```
 */
export function useTopic<Data = unknown>(
  topicId: string,
  options: UseTopicOptions = {},
): TopicSnapshot<Data> {
  const client = usePubsubClient();
  checkArgument("topicId", topicId, aTopicId);
  const checked = checkOptions<UseTopicOptions & { limit: number }>("options", options, CHECKS);
  const { limit } = checked;
  const create = (): HeldStore<Data> => {
    return { ...createTopicStore<Data>(client, topicId, checked), client, topicId, limit };
  };
  // State, not a memo: React may forget a memo, and with it how far the subscription had come
  const [held, hold] = useState(create);
  let store = held;
  if (held.client !== client || held.topicId !== topicId || held.limit !== limit) {
    store = create();
    hold(store);
  }
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
