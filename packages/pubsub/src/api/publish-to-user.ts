import { PubsubError } from "../core/errors.ts";
import { idProblem } from "../core/ids.ts";
import { checkedLater } from "../core/options/option-rules.ts";
import type { PublishResult } from "../core/publish/publish.ts";
import { userTopic } from "../core/reserved-topics.ts";
import { type CallRules, type Configured, pubsubFor } from "./call.ts";

/**
 * Publishes data to all connections of a user, on whatever devices, and to nobody else. It is `publishToTopic` with the
 * user's own topic: with a log, an order, recovery and a status. Its name, `$user/` and the user's id, is the result's
 * `topicId`, and the calls of this library accept it: `readTopicEvents`, `getPublicationStatus`, `listSubscribers`. Clients
 * cannot name it.
 *
 * Reached are the connections for which `authorize` returned this `userId` when they connected, of a handler with the option
 * `userTopics`. A user without a connection gets nothing now; our client with `since` or `last` gets it later from the log.
 *
 * `data` and `publicationId` are as in `publishToTopic`, and so are the result and what it throws. Throws `INVALID_ARGUMENT`
 * also for a `userId` that is not 1 to 512 bytes of UTF-8 without control characters.
 *
 * @example
 * ```ts
 * import { publishToUser } from "lambda-websocket-pubsub";
 *
 * await publishToUser({ userId: "user-7", data: { type: "order-shipped", order: 5 }, config });
 * ```
 */
export async function publishToUser(
  request: Configured & { userId: string; data: unknown; publicationId?: string | undefined },
): Promise<PublishResult> {
  const { publish } = pubsubFor("publishToUser", request, rules.publishToUser);
  const { userId, data, publicationId } = request;
  const problem = idProblem("userId", userId);
  if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
  return publish({ topicId: userTopic(userId), data, publicationId });
}

const rules: CallRules<{ publishToUser: typeof publishToUser }> = {
  publishToUser: {
    userId: checkedLater,
    data: checkedLater,
    publicationId: checkedLater,
    config: checkedLater,
  },
};
