import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { aFunction, aToken, aTopicId, type Check, checkArgument, checkOptions } from "../check.ts";
import { anInfo } from "../presence-options.ts";
import type { OnMembers, SubscribeClient, TopicToken } from "../types.ts";
import {
  createMembersStore,
  type MembersSnapshot,
  type MembersStore,
  SERVER_SNAPSHOT,
} from "./members-store.ts";
import { usePubsubClient } from "./provider.ts";

export interface UseMembersOptions<Info = unknown> {
  /** What the other members see of this user, as in `subscribe`. Another value is sent; the user does not leave for it. */
  info?: Info | undefined;
  /** As in `subscribe`. The hook keeps the token of that moment, so use a function for tokens that expire. */
  token?: TopicToken | undefined;
  /** Called as `onMembers` of `subscribe`, with who joined, left and changed. The hook calls the function of the last render. */
  onMembers?: OnMembers<Info> | undefined;
}

interface HeldStore<Info> extends MembersStore<Info> {
  client: SubscribeClient;
  topicId: string | undefined;
}

const CHECKS: Record<keyof UseMembersOptions, Check> = {
  info: anInfo,
  token: aToken,
  onMembers: aFunction(),
};

const getServerSnapshot = (): MembersSnapshot<never> => SERVER_SNAPSHOT;

/**
 * Makes the user a member of the topic while the component is mounted, and returns who is in it. It shares the subscription
 * with `useTopic` of the same topic. A lost connection does not empty the list. With `undefined` as the topic it subscribes
 * to nothing. It never connects while it renders, so nothing connects on a server.
 *
 * Throws `INVALID_ARGUMENT`. Needs a client of `createPubsubClient`.
 *
 * @example
 * ```tsx
 * import { useMembers } from "lambda-websocket-pubsub-client/react";
 *
 * function People() {
 *   const { count, list = [] } = useMembers<{ name: string }>("room-1", { info: { name: "Ada" } });
 *   if (count === undefined) return <p>…</p>;
 *   return <ul title={`${count} here`}>{list.map(({ userId, info }) => <li key={userId}>{info?.name}</li>)}</ul>;
 * }
 * ```
 */
export function useMembers<Info = unknown>(
  topicId: string | undefined,
  options: UseMembersOptions<Info> = {},
): MembersSnapshot<Info> {
  const client = usePubsubClient<SubscribeClient>();
  if (topicId !== undefined) checkArgument("topicId", topicId, aTopicId);
  const { info, token, onMembers } = checkOptions<UseMembersOptions<Info>>("options", options, CHECKS);
  const listener = useRef(onMembers);
  useEffect(() => {
    listener.current = onMembers;
  });
  const create = (): HeldStore<Info> => {
    const store = createMembersStore<Info>(client, topicId, {
      info,
      token,
      onMembers: (change) => listener.current?.(change),
    });
    return { ...store, client, topicId };
  };
  const [held, hold] = useState(create);
  let store = held;
  if (held.client !== client || held.topicId !== topicId) {
    store = create();
    hold(store);
  }
  const infoText = JSON.stringify(info);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an equal object of another render is no other info
  useEffect(() => store.setInfo(info), [store, infoText]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, getServerSnapshot);
}
