import type { Subscriptions } from "../../core/ports.ts";
import type { Subscription } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { unlessChanged } from "./abandonments.ts";
import { type Item, number, text } from "./attributes.ts";
import { PutItemCommand, UpdateItemCommand } from "./commands.ts";
import { shardKey } from "./schema.ts";
import type { ChooseShard } from "./shard-choice.ts";
import { ALL_ATTRIBUTES, keyOf, readSubscription, toItem } from "./subscription-row.ts";
import type { DynamodbTable } from "./table.ts";

type Puts = Pick<Subscriptions, "put" | "replace">;

/** Writes every subscription under the topic's own key of the index. */
export function createPuts({ client, tableName: TableName }: DynamodbTable): Puts {
  return {
    async put(subscription) {
      const put = new PutItemCommand({ TableName, Item: toItem(subscription), ReturnValues: "ALL_OLD" });
      const { Attributes: item } = await guarded("PutItem", () => client.send(put));
      return item && readSubscription(item, subscription.topicId);
    },
    async replace(subscription) {
      const put = new PutItemCommand({
        TableName,
        Item: toItem(subscription),
        ConditionExpression: "subscribedAt = :at",
        ExpressionAttributeValues: { ":at": number(subscription.subscribedAt) },
      });
      return unlessChanged("PutItem", () => client.send(put));
    },
  };
}

/**
 * Writes each new subscription under one of the topic's shards. A row keeps its shard, whatever this process knows of the
 * others: a row that moved during a dispatch would be missed by it, or visited twice. So these are updates, which cost as
 * many units as puts.
 */
export function createShardedPuts(
  { client, tableName: TableName }: DynamodbTable,
  choose: ChooseShard,
): Puts {
  return {
    async put(subscription) {
      const { topicId } = subscription;
      const update = new UpdateItemCommand({
        ...toUpdate(subscription, shardKey(topicId, await choose(subscription))),
        TableName,
        ReturnValues: "ALL_OLD",
      });
      const { Attributes: item } = await guarded("UpdateItem", () => client.send(update));
      return item && readSubscription(item, topicId);
    },
    async replace(subscription) {
      const update = new UpdateItemCommand({
        ...toUpdate(subscription),
        TableName,
        ConditionExpression: "#subscribedAt = :subscribedAt",
      });
      return unlessChanged("UpdateItem", () => client.send(update));
    },
  };
}

/** The update that leaves the same row as a put, but for its shard. `newShard` is only for a row that is not there. */
function toUpdate(
  subscription: Subscription,
  newShard?: string,
): Pick<
  ConstructorParameters<typeof UpdateItemCommand>[0],
  "Key" | "UpdateExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
> {
  const { p: _, u: __, p2: ___, ...written } = toItem(subscription);
  const values: Item = {};
  for (const name in written) if (written[name]) values[`:${name}`] = written[name];
  if (newShard !== undefined) values[":p2"] = text(newShard);
  return {
    Key: keyOf(subscription.consumer, subscription.topicId),
    UpdateExpression: expressionFor(Object.keys(written), newShard !== undefined),
    ExpressionAttributeNames: NAMES,
    ExpressionAttributeValues: values,
  };
}

/** Some are reserved words. Each is in every update, to be set or removed. */
const NAMES: Record<string, string> = Object.fromEntries(ALL_ATTRIBUTES.map((name) => [`#${name}`, name]));

/** There are a few dozen combinations of attributes. */
const expressions = new Map<string, string>();

function expressionFor(written: readonly string[], isNew: boolean): string {
  const key = `${isNew} ${written.join(" ")}`;
  const known = expressions.get(key);
  if (known !== undefined) return known;
  const sets = written.map((name) => `#${name} = :${name}`);
  if (isNew) sets.push("p2 = if_not_exists(p2, :p2)");
  const removes = ALL_ATTRIBUTES.filter((name) => !written.includes(name)).map((name) => `#${name}`);
  const expression = `SET ${sets.join(", ")} REMOVE ${removes.join(", ")}`;
  expressions.set(key, expression);
  return expression;
}
