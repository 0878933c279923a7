import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collect, consumerOf, subscriptionOf } from "../../support/samples.ts";
import { idsOf, pagesOf, putAll, type SetUpSubscriptions } from "./subscriptions-set-up.ts";

export function testSubscriptionRows(setUp: SetUpSubscriptions): void {
  describe("has", () => {
    it("finds a subscription as soon as it was put, and finds no other", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const consumer = consumerOf("a/b=");
      expect(await subscriptions.find({ consumer, topicId })).toBeUndefined();
      const expired = { expiresAtSeconds: Math.floor(clock.now() / 1_000) - 1 };
      await putAll(subscriptions, [
        { ...subscriptionOf("x", topicId), consumer },
        subscriptionOf("expired", topicId, expired),
      ]);
      expect(await subscriptions.find({ consumer, topicId })).toBeDefined();
      expect(await subscriptions.find({ consumer, topicId: `${topicId}-other` })).toBeUndefined();
      expect(await subscriptions.find({ consumer: consumerOf("b="), topicId })).toBeUndefined();
      expect(await subscriptions.find({ consumer: consumerOf("expired"), topicId })).toBe("expired");
      await subscriptions.remove([{ consumer, topicId }]);
      expect(await subscriptions.find({ consumer, topicId })).toBeUndefined();
    });
  });

  describe("liveOf", () => {
    it("returns the subscriptions of these consumers that have not expired, as they were put last", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const ids = Array.from({ length: 60 }, (_, n) => `c${n}`);
      const rows = ids.map((id) => subscriptionOf(id, topicId, { expiresAtSeconds: nowSeconds + 10 }));
      await putAll(subscriptions, [
        ...rows,
        subscriptionOf("other", topicId),
        subscriptionOf("c0", `${topicId}-other`),
        subscriptionOf("over", topicId, { expiresAtSeconds: nowSeconds }),
      ]);
      const renewed = subscriptionOf("c1", topicId, { expiresAtSeconds: nowSeconds + 99, format: "event" });
      await subscriptions.put(renewed);
      const consumers = [...ids, "over", "never"].map(consumerOf);
      const live = await subscriptions.liveOf({ topicId, consumers });
      expect(live).toHaveLength(60);
      expect(live).toEqual(expect.arrayContaining([...rows.filter((_, n) => n !== 1), renewed]));
      expect(await subscriptions.liveOf({ topicId, consumers: [] })).toEqual([]);
      clock.advance(10_000);
      expect(await subscriptions.liveOf({ topicId, consumers })).toEqual([renewed]);
    });
  });

  describe("put", () => {
    it("stores every field of a subscription", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 7_800;
      const rows = [
        subscriptionOf("a", topicId, { format: "event", subscribedAt: clock.now(), expiresAtSeconds }),
        subscriptionOf("b", topicId, { format: "data", subscribedAt: 0 }),
        subscriptionOf("c", topicId, { format: "event", nonce: "1-2-3-4" }),
        subscriptionOf("d", topicId, { userId: "ü/7#", info: '{"name":"Ü"}', member: true }),
      ];
      await putAll(subscriptions, rows);
      const { subscriptions: stored } = await subscriptions.page({ topicId, limit: 10, withUser: true });
      expect(stored).toHaveLength(4);
      expect(stored).toEqual(expect.arrayContaining(rows));
      for (const row of rows) expect(await subscriptions.find(row)).toEqual(row);
    });

    it("replaces the subscription of the same consumer to the same topic", async () => {
      const { subscriptions, topicId } = await setUp();
      await subscriptions.put(subscriptionOf("a", topicId, { expiresAtSeconds: 4_000_000_000 }));
      const latest = subscriptionOf("a", topicId, { format: "event", subscribedAt: 1_800_000_000_000 });
      await subscriptions.put(latest);
      expect((await subscriptions.page({ topicId, limit: 10 })).subscriptions).toEqual([latest]);
      expect(await collect(subscriptions.topicsOf(latest.consumer))).toContain(topicId);
    });

    it("replaces a subscription only if it is still there with the same time", async () => {
      const { subscriptions, topicId } = await setUp();
      const row = subscriptionOf("a", topicId, { format: "event", nonce: "1-2-3-4" });
      const owned = { ...row, userId: "user-7", expiresAtSeconds: 4_000_000_000 };
      expect(await subscriptions.replace(owned)).toBe(false);
      expect(await subscriptions.find(row)).toBeUndefined();
      await subscriptions.put(row);
      expect(await subscriptions.replace({ ...owned, subscribedAt: row.subscribedAt + 1 })).toBe(false);
      expect(await subscriptions.find(row)).toEqual(row);
      expect(await subscriptions.replace(owned)).toBe(true);
      expect(await subscriptions.find(row)).toEqual(owned);
      await subscriptions.remove([row]);
      expect(await subscriptions.replace(owned)).toBe(false);
      expect(await subscriptions.find(row)).toBeUndefined();
    });

    it("keeps subscriptions with similar names apart", async () => {
      const { subscriptions, topicId } = await setUp();
      const unique = randomUUID();
      const ids = [unique, `${unique}/`, `${unique}/a`, `${unique}=`, `${unique}#`, `${unique}/${unique}=`];
      const topics = [topicId, `${topicId}#`, `topic#${topicId}`, `${topicId}/é\u{1f4a1}`];
      const rows = topics.flatMap((topic) => ids.map((id) => subscriptionOf(id, topic)));
      await putAll(subscriptions, rows);
      for (const topic of topics) {
        expect(idsOf(await pagesOf(subscriptions, topic, 100)).sort()).toEqual(ids.toSorted());
      }
      for (const id of ids) {
        expect((await collect(subscriptions.topicsOf(consumerOf(id)))).sort()).toEqual(topics.toSorted());
      }
    });
  });

  describe("nonceOf", () => {
    it("returns the nonce of an unexpired subscription, whichever has one, and nothing without one", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const id = randomUUID();
      const consumer = consumerOf(id);
      const expiresAtSeconds = Math.floor(clock.now() / 1_000) - 1;
      expect(await subscriptions.nonceOf(consumer)).toBeUndefined();
      const [a, b, c] = ["a", "b", "c"].map((name) => `${topicId}-${name}`) as [string, string, string];
      await putAll(subscriptions, [
        subscriptionOf(id, a),
        subscriptionOf(id, b, { format: "event", nonce: "expired-one", expiresAtSeconds }),
        subscriptionOf(`${id}-other`, a, { format: "event", nonce: "of-another" }),
      ]);
      expect(await subscriptions.nonceOf(consumer)).toBeUndefined();
      await putAll(subscriptions, [subscriptionOf(id, c, { format: "event", nonce: "1-2-3-4" })]);
      expect(await subscriptions.nonceOf(consumer)).toBe("1-2-3-4");
    });
  });

  describe("remove", () => {
    it("removes the given subscriptions and no others", async () => {
      const { subscriptions, topicId } = await setUp();
      const other = `${topicId}-other`;
      const ids = Array.from({ length: 60 }, (_, n) => `c${n}`);
      await putAll(subscriptions, [
        ...ids.map((id) => subscriptionOf(id, topicId)),
        ...ids.map((id) => subscriptionOf(id, other)),
      ]);
      const leaving = ids.slice(3).map((id) => ({ consumer: consumerOf(id), topicId }));
      await subscriptions.remove(leaving);
      expect(idsOf(await pagesOf(subscriptions, topicId, 100)).sort()).toEqual(["c0", "c1", "c2"]);
      expect(idsOf(await pagesOf(subscriptions, other, 100))).toHaveLength(60);
    });

    it("ignores subscriptions that do not exist", async () => {
      const { subscriptions, topicId } = await setUp();
      const absent = Array.from({ length: 30 }, (_, n) => ({ consumer: consumerOf(`never-${n}`), topicId }));
      await subscriptions.put(subscriptionOf("a", topicId));
      await subscriptions.remove([]);
      await subscriptions.remove(absent.slice(0, 1));
      await subscriptions.remove(absent);
      expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toEqual(["a"]);
      await subscriptions.remove([...absent, { consumer: consumerOf("a"), topicId }]);
      expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toEqual([]);
    });
  });

  describe("topicsOf", () => {
    it("reflects every put and remove that resolved before the read", async () => {
      const { subscriptions, topicId } = await setUp();
      const consumer = consumerOf(randomUUID());
      const topics = [1, 2, 3, 4, 5].map((n) => `${topicId}-${n}`);
      for (const [index, topic] of topics.entries()) {
        await subscriptions.put({ ...subscriptionOf("", topic), consumer });
        expect((await collect(subscriptions.topicsOf(consumer))).sort()).toEqual(topics.slice(0, index + 1));
      }
      await subscriptions.remove([{ consumer, topicId: topics[0] ?? "" }]);
      expect((await collect(subscriptions.topicsOf(consumer))).sort()).toEqual(topics.slice(1));
      expect(await collect(subscriptions.topicsOf(consumerOf(randomUUID())))).toEqual([]);
    });

    it("reads every page of more than a megabyte", async () => {
      const { subscriptions } = await setUp();
      const connectionId = randomUUID();
      const topics = Array.from({ length: 1_100 }, (_, n) => `${n}-`.padEnd(500, "x"));
      await putAll(
        subscriptions,
        topics.map((topic) => subscriptionOf(connectionId, topic)),
      );
      const found = await collect(subscriptions.topicsOf(consumerOf(connectionId)));
      expect(found.sort()).toEqual(topics.toSorted());
    });
  });
}
