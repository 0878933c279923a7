import { GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { idProblem } from "../../core/ids.ts";
import type { Clock, SubscriptionPage, Subscriptions } from "../../core/ports.ts";
import type { Consumer, Subscription } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, readText, text } from "./attributes.ts";
import { removeItems } from "./remove-items.ts";
import { legacyConsumerKey, legacyTopicKey, parseLegacyConsumerKey, TABLE } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

/** Begins the cursors of the old package's rows. Those of our own begin with `consumer#`. */
const CURSOR = "legacy#";

/**
 * Subscriptions, and beside them those that the old package of this name wrote: for the two hours after an upgrade in
 * which its connections live on. They come after a topic's own ones, on the same page if there is room. Each page that
 * reaches them and each removal cost one request more.
 */
export function withLegacySubscriptions(
  own: Subscriptions,
  table: DynamodbTable,
  clock: Pick<Clock, "sleep" | "random">,
): Subscriptions {
  const { client, tableName: TableName } = table;

  async function removeLegacy(
    subscriptions: readonly Pick<Subscription, "consumer" | "topicId">[],
  ): Promise<void> {
    const keys = subscriptions.map(({ consumer, topicId }) => keyOf(consumer, topicId));
    await removeItems(
      table,
      clock,
      keys.filter((key) => key !== undefined),
    );
  }

  /** `room` may be 0: then the page says by its cursor whether there is anybody. */
  async function legacyPage(topicId: string, from: string, room: number): Promise<SubscriptionPage> {
    const p = legacyTopicKey(topicId);
    if (p === undefined) return { subscriptions: [], malformed: 0 };
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: "p = :p",
      ExpressionAttributeValues: { ":p": text(p) },
      ProjectionExpression: "u, p2",
      Limit: room + 1,
      ...(from !== "" && { ExclusiveStartKey: { p: text(p), u: text(from) } }),
    });
    const { Items = [], LastEvaluatedKey } = await guarded("Query", () => client.send(query));
    const last = Items.length > room ? (Items[room - 1] ?? { u: text(from) }) : LastEvaluatedKey;
    const next = readText(last, "u");
    return {
      ...readRows(Items.slice(0, room), topicId),
      ...(next !== undefined && { cursor: CURSOR + next }),
    };
  }

  return {
    async put(subscription) {
      await own.put(subscription);
      // It takes the old one's place: with both, the connection would be posted everything twice
      await removeLegacy([subscription]);
    },
    async has(subscription) {
      if (await own.has(subscription)) return true;
      const Key = keyOf(subscription.consumer, subscription.topicId);
      if (!Key) return false;
      const get = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      const { Item: item } = await guarded("GetItem", () => client.send(get));
      return item !== undefined && isLegacy(item);
    },
    async remove(subscriptions) {
      // The old package took ids that are longer than a key of ours can be
      const possible = subscriptions.filter(({ topicId }) => idProblem("topicId", topicId) === undefined);
      await Promise.all([own.remove(possible), removeLegacy(subscriptions)]);
    },
    async *topicsOf(consumer) {
      // The index lags: a subscription that has just been replaced may be in both
      const seen = new Set<string>();
      for await (const topicId of own.topicsOf(consumer)) {
        seen.add(topicId);
        yield topicId;
      }
      const key = legacyConsumerKey(consumer);
      if (key === undefined) return;
      const query = {
        IndexName: TABLE.index.name,
        KeyConditionExpression: "p2 = :consumer",
        ExpressionAttributeValues: { ":consumer": text(key) },
        ProjectionExpression: "p, u, p2",
      };
      for await (const item of queryItems(table, query)) {
        const topicId = readText(item, "p");
        if (topicId !== undefined && isLegacy(item) && !seen.has(topicId)) yield topicId;
      }
    },
    async page({ topicId, cursor, limit }) {
      if (cursor?.startsWith(CURSOR)) return legacyPage(topicId, cursor.slice(CURSOR.length), limit);
      const page = await own.page({ topicId, cursor, limit });
      if (page.cursor !== undefined) return page;
      const more = await legacyPage(topicId, "", limit - page.subscriptions.length);
      return {
        ...more,
        subscriptions: [...page.subscriptions, ...more.subscriptions],
        malformed: page.malformed + more.malformed,
      };
    },
    cursorOf(subscription) {
      const key = subscription.isLegacy && legacyConsumerKey(subscription.consumer);
      return key ? CURSOR + key : own.cursorOf(subscription);
    },
  };
}

/** The old package wrote the consumer twice; nothing of ours does that under a topic's bare id. */
const isLegacy = (item: Item): boolean =>
  item.u !== undefined && readText(item, "u") === readText(item, "p2");

function readRows(
  items: readonly Item[],
  topicId: string,
): { subscriptions: Subscription[]; malformed: number } {
  const rows = items.filter(isLegacy);
  const subscriptions = rows.flatMap((item): Subscription[] => {
    const consumer = parseLegacyConsumerKey(readText(item, "u") ?? "");
    return consumer ? [{ consumer, topicId, format: "data", subscribedAt: 0, isLegacy: true }] : [];
  });
  return { subscriptions, malformed: rows.length - subscriptions.length };
}

function keyOf(consumer: Consumer, topicId: string): Item | undefined {
  const u = legacyConsumerKey(consumer);
  return u === undefined ? undefined : { p: text(topicId), u: text(u) };
}
