import { consumerId } from "../core/consumer.ts";
import type { Clock, SubscriptionState, Subscriptions } from "../core/ports.ts";
import { newLiveTopics } from "../core/subscriptions/live-topics.ts";
import type { Abandonments, Consumer, Subscription } from "../core/types.ts";
import { createMemoryAccessRows } from "./access-rows.ts";
import { createMemoryPresenceRows } from "./presence-rows.ts";

export function createMemorySubscriptions(clock: Pick<Clock, "now">): Subscriptions {
  const byTopic = new Map<string, Map<string, Subscription>>();
  const isLive = ({ expiresAtSeconds = Number.POSITIVE_INFINITY }: Subscription): boolean =>
    expiresAtSeconds > clock.now() / 1_000;
  const sameRow = ({ topicId, consumer, ...read }: SubscriptionState): Subscription | undefined => {
    const row = byTopic.get(topicId)?.get(consumerId(consumer));
    const isSame = row?.subscribedAt === read.subscribedAt && isEqual(row.abandonments, read.abandonments);
    return isSame ? row : undefined;
  };

  const topicsOf = (consumer: Consumer): Subscription[] =>
    [...byTopic.values()].flatMap((rows) => rows.get(consumerId(consumer)) ?? []);

  return {
    ...createMemoryAccessRows(clock, (consumer) => topicsOf(consumer).filter(isLive).length),
    ...createMemoryPresenceRows(clock, ({ consumer, topicId }) =>
      byTopic.get(topicId)?.get(consumerId(consumer)),
    ),
    async put(subscription) {
      const { topicId, consumer } = subscription;
      const rows = byTopic.get(topicId) ?? new Map<string, Subscription>();
      const replaced = rows.get(consumerId(consumer));
      byTopic.set(topicId, rows.set(consumerId(consumer), { ...subscription }));
      return replaced;
    },
    async replace(subscription) {
      const rows = byTopic.get(subscription.topicId);
      const id = consumerId(subscription.consumer);
      if (rows?.get(id)?.subscribedAt !== subscription.subscribedAt) return false;
      rows.set(id, { ...subscription });
      return true;
    },
    async find({ consumer, topicId }) {
      const row = byTopic.get(topicId)?.get(consumerId(consumer));
      return row && (isLive(row) ? { ...row } : "expired");
    },
    async liveOf({ consumers, topicId }) {
      const rows = consumers.flatMap((consumer) => byTopic.get(topicId)?.get(consumerId(consumer)) ?? []);
      return rows.filter(isLive).map((row) => ({ ...row }));
    },
    async take({ consumer, topicId }) {
      const row = byTopic.get(topicId)?.get(consumerId(consumer));
      byTopic.get(topicId)?.delete(consumerId(consumer));
      return row;
    },
    async remove(subscriptions) {
      for (const { consumer, topicId } of subscriptions) byTopic.get(topicId)?.delete(consumerId(consumer));
    },
    async liveTopicsOf({ consumer, limit }) {
      const rows = topicsOf(consumer);
      const topics = newLiveTopics();
      for (const row of rows.slice(0, limit)) topics.add(row.topicId, isLive(row) ? row : "expired");
      return { ...topics, complete: rows.length <= limit };
    },
    async *topicsOf(consumer) {
      for (const [topicId, rows] of byTopic) {
        if (rows.has(consumerId(consumer))) yield topicId;
      }
    },
    nonceOf: async (consumer) =>
      topicsOf(consumer).find((row) => isLive(row) && row.nonce !== undefined)?.nonce,
    async replaceAbandonments(subscription, next) {
      const row = sameRow(subscription);
      if (row) row.abandonments = next;
      return row !== undefined;
    },
    async removeUnchanged(subscription) {
      const { topicId, consumer } = subscription;
      return (
        sameRow(subscription) !== undefined && (byTopic.get(topicId)?.delete(consumerId(consumer)) ?? false)
      );
    },
    count: async (topicId) => [...(byTopic.get(topicId)?.values() ?? [])].filter(isLive).length,
    async page({ topicId, cursor = "", limit, withUser }) {
      const ids = [...(byTopic.get(topicId)?.keys() ?? [])].filter((id) => id > cursor).sort();
      const rows = ids.slice(0, limit).flatMap((id) => byTopic.get(topicId)?.get(id) ?? []);
      const last = ids[limit - 1];
      // As in DynamoDB, a full page has a cursor even if nothing follows it
      return {
        subscriptions: rows.filter(isLive).map((row) => (withUser ? { ...row } : withoutUser(row))),
        malformed: 0,
        ...(last !== undefined && { cursor: last }),
      };
    },
  };
}

const withoutUser = ({ userId: _, info: __, activeAtMs: ___, ...row }: Subscription): Subscription => row;

const isEqual = (one: Abandonments | undefined, other: Abandonments | undefined): boolean =>
  one?.lastAtMs === other?.lastAtMs && one?.inRow === other?.inRow;
