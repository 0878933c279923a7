import { isNonce } from "../../core/nonce.ts";
import type { Clock, Subscriptions } from "../../core/ports.ts";
import type { Consumer, Subscription } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { ABANDONMENTS, readAbandonments, stillSame, toUpdate, unlessChanged } from "./abandonments.ts";
import { createAccessRows } from "./access-rows.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "./commands.ts";
import { removeItems } from "./remove-items.ts";
import { consumerKey, parseConsumerKey, parseTopicKey, TABLE, topicKey } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

export function createDynamodbSubscriptions(table: DynamodbTable, clock: Clock): Subscriptions {
  const { client, tableName } = table;

  return {
    ...createAccessRows(table, clock),
    async put(subscription) {
      const put = new PutItemCommand({ TableName: tableName, Item: toItem(subscription) });
      await guarded("PutItem", () => client.send(put));
    },
    async has({ consumer, topicId }) {
      const get = { TableName: tableName, Key: keyOf(consumer, topicId), ConsistentRead: true };
      const { Item: item } = await guarded("GetItem", () => client.send(new GetItemCommand(get)));
      if (!item) return false;
      return readRows([item], topicId, clock.now()).subscriptions.length > 0;
    },
    async remove(subscriptions) {
      const keys = subscriptions.map(({ consumer, topicId }) => keyOf(consumer, topicId));
      await removeItems(table, clock, keys);
    },
    async liveTopicsOf({ consumer, limit }) {
      // One extra row shows whether more follow
      const query = { ...rowsOf(consumer), ...select("u", ...SUBSCRIPTION), Limit: limit + 1 };
      const topicIds = new Set<string>();
      let rows = 0;
      for await (const item of queryItems(table, query)) {
        rows += 1;
        if (rows > limit) return { topicIds, complete: false };
        const topicId = topicIdOf(item);
        if (topicId === undefined) continue;
        if (readRows([item], topicId, clock.now()).subscriptions.length > 0) topicIds.add(topicId);
      }
      return { topicIds, complete: true };
    },
    async *topicsOf(consumer) {
      for await (const item of queryItems(table, { ...rowsOf(consumer), ProjectionExpression: "u" })) {
        const topicId = topicIdOf(item);
        if (topicId !== undefined) yield topicId;
      }
    },
    async page({ topicId, cursor, limit }) {
      const topic = text(topicKey(topicId));
      const query = new QueryCommand({
        TableName: tableName,
        IndexName: TABLE.index.name,
        KeyConditionExpression: "p2 = :topic",
        ExpressionAttributeValues: { ":topic": topic },
        ...select(...SUBSCRIPTION, ...ABANDONMENTS),
        // One extra row shows whether more follow. Without it, a topic of exactly this size would cost an empty page
        Limit: limit + 1,
        ...(cursor !== undefined && { ExclusiveStartKey: { p2: topic, p: text(cursor), u: topic } }),
      });
      const { Items = [], LastEvaluatedKey } = await guarded("Query", () => client.send(query));
      const next = readText(Items.length > limit ? Items[limit - 1] : LastEvaluatedKey, "p");
      const rows = readRows(Items.slice(0, limit), topicId, clock.now());
      return { ...rows, ...(next !== undefined && { cursor: next }) };
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

/** The attributes of a subscription whose topic is known. The fan-out reads them for every subscriber. */
const SUBSCRIPTION = ["p", "#format", "subscribedAt", "expiresAt", "nonce"] as const;

/** The part of a query that says which attributes it returns. `format` is a reserved word. */
const select = (...attributes: readonly string[]) => ({
  ProjectionExpression: attributes.join(", "),
  ExpressionAttributeNames: { "#format": "format" },
});

const topicIdOf = (item: Item): string | undefined => parseTopicKey(readText(item, "u") ?? "");

/** The query of a consumer's own subscriptions. */
const rowsOf = (consumer: Consumer) => ({
  KeyConditionExpression: "p = :p AND begins_with(u, :topic)",
  ExpressionAttributeValues: { ":p": text(consumerKey(consumer)), ":topic": text(topicKey("")) },
  ConsistentRead: true,
});

function readRows(
  items: readonly Item[],
  topicId: string,
  nowMs: number,
): { subscriptions: Subscription[]; malformed: number } {
  const rows = items.map((item) => readSubscription(item, topicId));
  const subscriptions = rows.filter((row) => row !== undefined);
  const live = subscriptions.filter(
    ({ expiresAtSeconds = Number.POSITIVE_INFINITY }) => expiresAtSeconds > nowMs / 1_000,
  );
  return { subscriptions: live, malformed: rows.length - subscriptions.length };
}

/** The keys name the consumer and the topic. Other attributes can be missing, for example in a row written by hand. */
function readSubscription(item: Item, topicId: string): Subscription | undefined {
  const consumer = parseConsumerKey(readText(item, "p") ?? "");
  const format = item.format === undefined ? "data" : readText(item, "format");
  const subscribedAt = item.subscribedAt === undefined ? 0 : readNumber(item, "subscribedAt");
  const expiresAtSeconds = readNumber(item, "expiresAt");
  if (!consumer || subscribedAt === undefined || (format !== "data" && format !== "event")) return undefined;
  if (expiresAtSeconds === undefined && item.expiresAt !== undefined) return undefined;
  const abandonments = readAbandonments(item);
  const nonce = readText(item, "nonce");
  if (item.nonce !== undefined && !isNonce(nonce)) return undefined;
  return {
    consumer,
    topicId,
    format,
    subscribedAt,
    ...(expiresAtSeconds !== undefined && { expiresAtSeconds }),
    ...(abandonments && { abandonments }),
    ...(nonce !== undefined && { nonce }),
  };
}

const keyOf = (consumer: Consumer, topicId: string): Item => ({
  p: text(consumerKey(consumer)),
  u: text(topicKey(topicId)),
});

function toItem({ consumer, topicId, format, subscribedAt, expiresAtSeconds, nonce }: Subscription): Item {
  return {
    ...keyOf(consumer, topicId),
    p2: text(topicKey(topicId)),
    format: text(format),
    subscribedAt: number(subscribedAt),
    ...(expiresAtSeconds !== undefined && { expiresAt: number(expiresAtSeconds) }),
    ...(nonce !== undefined && { nonce: text(nonce) }),
  };
}
