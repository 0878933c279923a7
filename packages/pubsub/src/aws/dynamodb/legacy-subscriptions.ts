import { topicIdProblem } from "../../core/ids.ts";
import type { Clock, SubscriptionPage, Subscriptions } from "../../core/ports.ts";
import type { Consumer, Subscription } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, readText, text } from "./attributes.ts";
import { GetItemCommand, QueryCommand } from "./commands.ts";
import { removeItems } from "./remove-items.ts";
import { legacyConsumerKey, legacyTopicKey, parseLegacyConsumerKey, TABLE } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

/** Cursors of the old package's rows begin with this. Cursors of our own rows begin with `consumer#`. */
const CURSOR = "legacy#";

const LEGACY_PAGE = 1_000;

/**
 * Adds the subscriptions that the old package of this name wrote. They are needed for two hours after an upgrade, while
 * its connections still exist. They come after a topic's own subscriptions, on the same page if there is room. Each
 * page that reaches them costs one more request, and so does each removal.
 */
export function withLegacySubscriptions(
  own: Subscriptions,
  table: DynamodbTable,
  clock: Clock,
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

  /** `room` may be 0: the page is then empty, and its cursor says whether there are subscriptions. */
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
    ...own,
    async put(subscription) {
      const replaced = await own.put(subscription);
      // It replaces the old subscription. With both, the connection would receive every event twice
      await removeLegacy([subscription]);
      return replaced;
    },
    // It is called only after `put`
    replace: (subscription) => own.replace(subscription),
    async find(subscription) {
      const found = await own.find(subscription);
      if (found) return found;
      const { consumer, topicId } = subscription;
      const Key = keyOf(consumer, topicId);
      if (!Key) return undefined;
      const get = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      const { Item: item } = await guarded("GetItem", () => client.send(get));
      return readRows(item ? [item] : [], topicId).subscriptions[0];
    },
    async take(subscription) {
      const [taken] = await Promise.all([own.take(subscription), removeLegacy([subscription])]);
      return taken;
    },
    async count(topicId) {
      let total = await own.count(topicId);
      for (let from: string | undefined = ""; from !== undefined; ) {
        const { subscriptions, cursor }: SubscriptionPage = await legacyPage(topicId, from, LEGACY_PAGE);
        total += subscriptions.length;
        from = cursor?.slice(CURSOR.length);
      }
      return total;
    },
    async liveTopicsOf(request) {
      // `find` finds the old rows. Here they could only be queried on the index, which is not strongly consistent
      return { ...(await own.liveTopicsOf(request)), complete: false };
    },
    // Our own rows only. The old package's rows are gone two hours after an upgrade
    replaceAbandonments: (subscription, next) => own.replaceAbandonments(subscription, next),
    async remove(subscriptions) {
      // The old package accepted ids that are too long for our keys
      const possible = subscriptions.filter(({ topicId }) => topicIdProblem(topicId) === undefined);
      await Promise.all([own.remove(possible), removeLegacy(subscriptions)]);
    },
    async *topicsOf(consumer) {
      // The index lags, so a subscription that was just replaced can appear in both forms
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
    async page({ topicId, cursor, limit, withUser }) {
      if (cursor?.startsWith(CURSOR)) return legacyPage(topicId, cursor.slice(CURSOR.length), limit);
      const page = await own.page({ topicId, cursor, limit, withUser });
      if (page.cursor !== undefined) return page;
      const more = await legacyPage(topicId, "", limit - page.subscriptions.length);
      return {
        ...more,
        subscriptions: [...page.subscriptions, ...more.subscriptions],
        malformed: page.malformed + more.malformed,
      };
    },
  };
}

/** The old package wrote the consumer into two attributes. None of our rows has that under a bare topic id. */
const isLegacy = (item: Item): boolean =>
  item.u !== undefined && readText(item, "u") === readText(item, "p2");

function readRows(
  items: readonly Item[],
  topicId: string,
): { subscriptions: Subscription[]; malformed: number } {
  const rows = items.filter(isLegacy);
  const subscriptions = rows.flatMap((item): Subscription[] => {
    const consumer = parseLegacyConsumerKey(readText(item, "u") ?? "");
    return consumer ? [{ consumer, topicId, format: "data", subscribedAt: 0 }] : [];
  });
  return { subscriptions, malformed: rows.length - subscriptions.length };
}

function keyOf(consumer: Consumer, topicId: string): Item | undefined {
  const u = legacyConsumerKey(consumer);
  return u === undefined ? undefined : { p: text(topicId), u: text(u) };
}
