import { useState, useSyncExternalStore } from "react";
import { aNumber, aPosition, aToken, aTopicId, checkArgument, checkOptions } from "../check.ts";
import type { Position } from "../topic-event.ts";
import type { PubsubClient, TopicToken } from "../types.ts";
import { usePubsubClient } from "./provider.ts";
import { createTopicStore, type TopicSnapshot, type TopicStore } from "./topic-store.ts";

export interface UseTopicOptions {
  /** How many events to keep. Default 100. */
  limit?: number | undefined;
  /** Delivery begins after this position when the component mounts or the topic changes. Default: with new events. */
  since?: Position | undefined;
  /** As in `subscribe`. The hook keeps the token of that moment, so use a function for tokens that expire. */
  token?: TopicToken | undefined;
}

interface HeldStore<Data> extends TopicStore<Data> {
  client: PubsubClient;
  topicId: string;
  limit: number;
}

const CHECKS = { limit: aNumber(100, 1, 1_000_000), since: aPosition, token: aToken };

/**
 * Returns the newest events of a topic and the state of the connection. A change of topic, client or limit starts a new
 * subscription with an empty list.
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
  // React may drop a memo, and the subscription's position with it. It keeps state
  const [held, hold] = useState(create);
  let store = held;
  if (held.client !== client || held.topicId !== topicId || held.limit !== limit) {
    store = create();
    hold(store);
  }
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
