import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { putAll, type SetUpSubscriptions } from "./subscriptions-set-up.ts";

export function testLiveTopics(setUp: SetUpSubscriptions): void {
  describe("liveTopicsOf", () => {
    it("returns the topics of one consumer as soon as they were put, and no removed or expired ones", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const id = randomUUID();
      const consumer = consumerOf(id);
      const topics = async (): Promise<string[]> =>
        [...(await subscriptions.liveTopicsOf({ consumer, limit: 100 })).topicIds].toSorted();
      expect(await topics()).toEqual([]);
      const expiresAtSeconds = Math.floor(clock.now() / 1_000);
      await putAll(subscriptions, [
        subscriptionOf(id, `${topicId}-a`, { expiresAtSeconds: expiresAtSeconds + 10 }),
        subscriptionOf(id, `${topicId}-b`, { expiresAtSeconds: expiresAtSeconds - 1 }),
        subscriptionOf(id, "__proto__"),
        subscriptionOf(`${id}=`, `${topicId}-c`),
      ]);
      expect(await topics()).toEqual(["__proto__", `${topicId}-a`]);
      await subscriptions.remove([{ consumer, topicId: "__proto__" }]);
      expect(await topics()).toEqual([`${topicId}-a`]);
    });

    it("names expired topics apart, and says when the others end, and `find` tells the two apart", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const id = randomUUID();
      const consumer = consumerOf(id);
      const [ending, over, endless] = ["ending", "over", "endless"].map((name) => `${topicId}-${name}`);
      if (!ending || !over || !endless) throw new Error("three topics");
      const nowSeconds = Math.floor(clock.now() / 1_000);
      await putAll(subscriptions, [
        subscriptionOf(id, ending, { expiresAtSeconds: nowSeconds + 10, latest: true }),
        subscriptionOf(id, over, { expiresAtSeconds: nowSeconds, latest: true }),
        subscriptionOf(id, endless),
      ]);
      const topics = await subscriptions.liveTopicsOf({ consumer, limit: 10 });
      expect([...topics.topicIds].toSorted()).toEqual([endless, ending].toSorted());
      expect([...topics.latest]).toEqual([ending]);
      expect([...topics.ends]).toEqual([[ending, nowSeconds + 10]]);
      expect([...topics.expired]).toEqual([over]);
      expect(await subscriptions.find({ consumer, topicId: over })).toBe("expired");
      expect(await subscriptions.find({ consumer, topicId: ending })).toMatchObject({ topicId: ending });
      clock.advance(10_000);
      const later = await subscriptions.liveTopicsOf({ consumer, limit: 10 });
      expect([...later.expired].toSorted()).toEqual([ending, over].toSorted());
      expect(await subscriptions.find({ consumer, topicId: ending })).toBe("expired");
      await subscriptions.remove([{ consumer, topicId: over }]);
      expect(await subscriptions.find({ consumer, topicId: over })).toBeUndefined();
    });

    it("says which of the topics have a subscription with latest, and so does `find`", async () => {
      const { subscriptions, topicId } = await setUp();
      const id = randomUUID();
      const consumer = consumerOf(id);
      const [newest, every] = [`${topicId}-newest`, `${topicId}-every`];
      await putAll(subscriptions, [subscriptionOf(id, newest, { latest: true }), subscriptionOf(id, every)]);
      const { topicIds, latest } = await subscriptions.liveTopicsOf({ consumer, limit: 10 });
      expect([...topicIds].toSorted()).toEqual([every, newest]);
      expect([...latest]).toEqual([newest]);
      expect(await subscriptions.find({ consumer, topicId: newest })).toMatchObject({ latest: true });
      expect(await subscriptions.find({ consumer, topicId: every })).not.toHaveProperty("latest");
      const page = await subscriptions.page({ topicId: newest, limit: 10 });
      expect(page.subscriptions).toMatchObject([{ latest: true }]);
      await putAll(subscriptions, [subscriptionOf(id, newest)]);
      expect((await subscriptions.liveTopicsOf({ consumer, limit: 10 })).latest).toEqual(new Set());
    });

    it("returns at most the topics of `limit` rows, and says whether others may exist", async () => {
      const { subscriptions, topicId } = await setUp();
      const id = randomUUID();
      const consumer = consumerOf(id);
      const topics = [1, 2, 3].map((n) => `${topicId}-${n}`);
      await putAll(
        subscriptions,
        topics.map((topic) => subscriptionOf(id, topic)),
      );
      const few = await subscriptions.liveTopicsOf({ consumer, limit: 2 });
      expect(few.complete).toBe(false);
      expect(few.topicIds.size).toBe(2);
      expect([...few.topicIds].every((topic) => topics.includes(topic))).toBe(true);
      const all = await subscriptions.liveTopicsOf({ consumer, limit: 4 });
      expect([...all.topicIds].toSorted()).toEqual(topics);
    });
  });
}
