import type { Connections, PostResult } from "../ports.ts";
import type { Consumer } from "../types.ts";

/**
 * Makes the posts to one connection one after the other, for all callers. API Gateway documents no order for concurrent
 * posts, so two events of one batch could otherwise arrive in the wrong order.
 */
export function inTurn(connections: Connections): Connections {
  const lastPosts = new Map<string, Promise<PostResult>>();
  return {
    ...connections,
    post(consumer, frame, options) {
      const key = keyOf(consumer);
      const before = lastPosts.get(key);
      const post = before
        ? before.then(() => connections.post(consumer, frame, options))
        : connections.post(consumer, frame, options);
      lastPosts.set(key, post);
      void post.then(() => {
        if (lastPosts.get(key) === post) lastPosts.delete(key);
      });
      return post;
    },
  };
}

const keyOf = ({ domainName, stage, connectionId }: Consumer): string =>
  `${connectionId}/${domainName}/${stage}`;
