import { useCallback } from "react";
import { aTopicId, checkArgument } from "../check.ts";
import { PubsubClientError } from "../errors.ts";
import { isFunction } from "../is.ts";
import type { Published, PublishOptions, PubsubClient, SubscribeClient } from "../types.ts";
import { usePubsubClient } from "./provider.ts";

/** Publishes to the hook's topic: `publish` of the client, with the same errors. */
export type Publish<Data = unknown> = (data: Data, options?: PublishOptions) => Promise<Published>;

/**
 * Returns a function that publishes to the topic. It stays the same until the topic or the client changes, so effects may
 * depend on it. It sends nothing while it renders. A publication continues after the component unmounts, unless its
 * `signal` is aborted. With `undefined` as the topic the function rejects with `INVALID_ARGUMENT`.
 *
 * Throws `INVALID_ARGUMENT`, also if the provider's client cannot publish, because `createSubscribeClient` made it.
 *
 * @example
 * ```tsx
 * import { usePublish } from "lambda-websocket-pubsub-client/react";
 *
 * function Hello() {
 *   const publish = usePublish<{ text: string }>("room-1");
 *   const greet = () => publish({ text: "hello" }).catch((error) => alert(error.message));
 *   return <button type="button" onClick={greet}>Say hello</button>;
 * }
 * ```
 */
export function usePublish<Data = unknown>(topicId: string | undefined): Publish<Data> {
  const client = usePubsubClient<SubscribeClient & Partial<PubsubClient>>();
  if (topicId !== undefined) checkArgument("topicId", topicId, aTopicId);
  if (!canPublish(client)) {
    throw new PubsubClientError("INVALID_ARGUMENT", "the client must be of createPubsubClient to publish");
  }
  return useCallback((data, options) => client.publish(topicId as string, data, options), [client, topicId]);
}

const canPublish = (client: Partial<PubsubClient>): client is PubsubClient => isFunction(client.publish);
