import { assertTopicId } from "../core/ids.ts";
import { invalid } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule } from "../core/options/option-rules.ts";
import { type CallRules, type Configured, pubsubFor } from "./call.ts";

/** Our own limit: `SHARDS_MAX` of aws/dynamodb says why. */
const SHARDS: readonly unknown[] = [2, 4, 8, 16, 32];

/**
 * Spreads the further subscriptions to a topic over at least so many keys of the index, its shards. Call it some minutes before
 * many subscribe at once: DynamoDB writes 1,000 subscriptions a second under one key
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), and a topic grows by itself
 * only after a publication has found more than 25,000 subscribers a shard. With the option `hotTopics` of the configuration.
 *
 * - `shards` is 2, 4, 8, 16 or 32. A topic never gets fewer: with more, nothing changes. A publication reads each
 *   shard, which is half a read unit for an empty one.
 *
 * Returns how many shards the topic has and from when all of them are used, in milliseconds since 1970: two minutes from
 * now, unless it had them before. Subscriptions that exist stay where they are. Calling it twice is harmless. It needs
 * `dynamodb:Query` and `dynamodb:PutItem` on the topic's rows, as publishing does.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * import { growTopic } from "lambda-websocket-pubsub";
 *
 * const { usedFrom } = await growTopic({ topicId: "final", shards: 8, config: { ...config, hotTopics: true } });
 * console.log(new Date(usedFrom)); // from then on 8,000 subscriptions a second
 * ```
 */
export async function growTopic(
  request: Configured & { topicId: string; shards: number },
): Promise<{ topicId: string; shards: number; usedFrom: number }> {
  const { ports } = pubsubFor("growTopic", request, rules.growTopic);
  const { topicId } = request;
  assertTopicId(topicId);
  const grown = await ports.subscriptions.grow?.({ topicId, shards: request.shards });
  if (!grown) throw invalid("config.hotTopics", "true", request.config.hotTopics);
  return { topicId, shards: grown.shards, usedFrom: grown.usedFromMs };
}

const shardCount: OptionRule = {
  expected: `one of ${SHARDS.join(", ")}`,
  accepts: (value) => SHARDS.includes(value),
  required: true,
};

const rules: CallRules<{ growTopic: typeof growTopic }> = {
  growTopic: { topicId: checkedLater, shards: shardCount, config: checkedLater },
};
