import { checkOptions } from "../core/options/check-options.ts";
import { checkedLater } from "../core/options/option-rules.ts";
import { revoke as revokeAccess } from "../core/subscriptions/revoke.ts";
import type { Consumer } from "../core/types.ts";
import type { PubsubConfig } from "./config.ts";
import { pubsubOf } from "./create-pubsub.ts";

/**
 * Puts out a connection, or all connections of a user: ends their subscriptions to a topic, or to all topics. The user is
 * the one that a topic token's `sub` or the `userId` of a grant or of `subscribeToTopic` names.
 *
 * First make sure that nobody lets them in again: your `authorize` hook and the endpoint that mints tokens must deny them
 * already. Then a SUBSCRIBE that was decided before this call leaves no subscription, and a topic token that was minted
 * before it is refused until it expires. What was decided after it is not affected.
 *
 * After it resolved, a message that a worker is posting at this moment may still arrive, and so may events that are
 * published while the index shows the removed subscription, usually less than a second. The connection stays open. Calling
 * it again is harmless, and after an error necessary.
 *
 * Needs `dynamodb:PutItem`, `dynamodb:Query`, `dynamodb:DeleteItem` and `dynamodb:BatchWriteItem` on the table. Costs one
 * write unit, and three for each subscription. Throws `INVALID_ARGUMENT`, `INVALID_TOPIC_ID`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * import { revoke } from "lambda-websocket-pubsub";
 *
 * await revoke({ userId: "user-7", config }); // from all topics
 * await revoke({ consumer, topicId: "room-1", config });
 * ```
 */
export async function revoke(request: {
  consumer?: Consumer | undefined;
  userId?: string | undefined;
  topicId?: string | undefined;
  config: PubsubConfig;
}): Promise<void> {
  checkOptions("revoke", request, {
    consumer: checkedLater,
    userId: checkedLater,
    topicId: checkedLater,
    config: checkedLater,
  });
  const { consumer, userId, topicId, config } = request;
  await revokeAccess(pubsubOf(config).ports, { consumer, userId, topicId });
}
