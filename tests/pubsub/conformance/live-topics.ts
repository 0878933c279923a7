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
