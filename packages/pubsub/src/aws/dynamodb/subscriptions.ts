import { tryEachAtOnce } from "../../core/at-once.ts";
import type { Observe } from "../../core/pipeline-events.ts";
import type { Clock, Subscriptions } from "../../core/ports.ts";
import { newLiveTopics } from "../../core/subscriptions/live-topics.ts";
import type { Consumer, Subscription } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { stillSame, toUpdate, unlessChanged } from "./abandonments.ts";
import { createAccessRows } from "./access-rows.ts";
import { text } from "./attributes.ts";
import { DeleteItemCommand, GetItemCommand, QueryCommand, UpdateItemCommand } from "./commands.ts";
import { createPresenceRows } from "./presence-rows.ts";
import { removeItems } from "./remove-items.ts";
import { consumerKey, topicKey } from "./schema.ts";
import { createShardChoice } from "./shard-choice.ts";
import { createShardGrowth } from "./shard-growth.ts";
import { createShardPages } from "./shard-pages.ts";
import { createPuts, createShardedPuts } from "./subscription-puts.ts";
import {
  keyOf,
  readRow,
  readRows,
  readSubscription,
  SUBSCRIPTION,
  select,
  topicIdOf,
} from "./subscription-row.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

/** Present if topics may grow over several shards. A topic that has several is read in any case. */
export interface HotTopics {
  observe: Observe;
  /** Smaller in tests. */
  rowsPerShard?: number;
  lookRows?: number;
}

export function createDynamodbSubscriptions(
  table: DynamodbTable,
  clock: Clock,
  hotTopics?: HotTopics,
): Subscriptions {
  const { client, tableName } = table;

  return {
    ...(hotTopics
      ? createShardedPuts(table, createShardChoice(table, clock, hotTopics.observe))
      : createPuts(table)),
    ...createShardPages(table, clock, { looks: hotTopics !== undefined, lookRows: hotTopics?.lookRows }),
    ...(hotTopics && createShardGrowth(table, clock, hotTopics.rowsPerShard)),
    ...createAccessRows(table, clock),
    ...createPresenceRows(table, clock),
    async find({ consumer, topicId }) {
      const get = { TableName: tableName, Key: keyOf(consumer, topicId), ConsistentRead: true };
      const { Item: item } = await guarded("GetItem", () => client.send(new GetItemCommand(get)));
      return item && readRow(item, topicId, clock.now());
    },
    async liveOf({ consumers, topicId }) {
      const live: Subscription[] = [];
      await tryEachAtOnce(QUERIES_AT_ONCE, consumers, async (consumer) => {
        const query = new QueryCommand({ TableName: tableName, ...rowOf(consumer, topicId) });
        const { Items = [] } = await guarded("Query", () => client.send(query));
        live.push(...readRows(Items, topicId, clock.now()).subscriptions);
      });
      return live;
    },
    async take({ consumer, topicId }) {
      const Key = keyOf(consumer, topicId);
      const remove = new DeleteItemCommand({ TableName: tableName, Key, ReturnValues: "ALL_OLD" });
      const { Attributes: item } = await guarded("DeleteItem", () => client.send(remove));
      return item && readSubscription(item, topicId);
    },
    async remove(subscriptions) {
      const keys = subscriptions.map(({ consumer, topicId }) => keyOf(consumer, topicId));
      await removeItems(table, clock, keys);
    },
    async liveTopicsOf({ consumer, limit }) {
      // One extra row shows whether more follow
      const query = { ...rowsOf(consumer), ...select("u", ...SUBSCRIPTION), Limit: limit + 1 };
      const topics = newLiveTopics();
      let rows = 0;
      for await (const item of queryItems(table, query)) {
        rows += 1;
        if (rows > limit) return { ...topics, complete: false };
        const topicId = topicIdOf(item);
        if (topicId === undefined) continue;
        const row = readRow(item, topicId, clock.now());
        if (row) topics.add(topicId, row);
      }
      return { ...topics, complete: true };
    },
    async *topicsOf(consumer) {
      for await (const item of queryItems(table, { ...rowsOf(consumer), ProjectionExpression: "u" })) {
        const topicId = topicIdOf(item);
        if (topicId !== undefined) yield topicId;
      }
    },
    async nonceOf(consumer) {
      for await (const item of queryItems(table, { ...rowsOf(consumer), ...select("u", ...SUBSCRIPTION) })) {
        const topicId = topicIdOf(item);
        const [live] = topicId === undefined ? [] : readRows([item], topicId, clock.now()).subscriptions;
        if (live?.nonce !== undefined) return live.nonce;
      }
      return undefined;
    },
    async replaceAbandonments(subscription, next) {
      const { UpdateExpression, values } = toUpdate(next);
      const { ConditionExpression, values: read } = stillSame(subscription);
      const update = new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(subscription.consumer, subscription.topicId),
        UpdateExpression,
        ConditionExpression,
        ExpressionAttributeValues: { ...values, ...read },
      });
      return unlessChanged("UpdateItem", () => client.send(update));
    },
    async removeUnchanged(subscription) {
      const { ConditionExpression, values } = stillSame(subscription);
      const remove = new DeleteItemCommand({
        TableName: tableName,
        Key: keyOf(subscription.consumer, subscription.topicId),
        ConditionExpression,
        ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      });
      return unlessChanged("DeleteItem", () => client.send(remove));
    },
  };
}

/** The query of a consumer's own subscriptions. */
const rowsOf = (consumer: Consumer) => ({
  KeyConditionExpression: "p = :p AND begins_with(u, :topic)",
  ExpressionAttributeValues: { ":p": text(consumerKey(consumer)), ":topic": text(topicKey("")) },
  ConsistentRead: true,
});

/** One of them. A Query, because the roles that fan out may query the table's rows and not get single items. */
const rowOf = (consumer: Consumer, topicId: string) => ({
  KeyConditionExpression: "p = :p AND u = :u",
  ExpressionAttributeValues: { ":p": text(consumerKey(consumer)), ":u": text(topicKey(topicId)) },
  ConsistentRead: true,
});

const QUERIES_AT_ONCE = 25;
