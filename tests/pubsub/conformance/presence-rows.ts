import { describe, expect, it } from "vitest";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import { subscriptionOf } from "../../support/samples.ts";
import { putAll, type SetUpSubscriptions } from "./subscriptions-set-up.ts";

/** Tests the obligations of `PresenceRows`, and the two of `Subscriptions` that presence needs. */
export function testPresenceRows(setUp: SetUpSubscriptions): void {
  describe("who left", () => {
    it("returns those who left a topic until their rows expire, and the newest row of each", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const nowSeconds = Math.ceil(clock.now() / 1_000);
      const ada = {
        topicId,
        userId: "ada#1",
        info: '{"name":"Ada"}',
        sinceMs: 7,
        expiresAtSeconds: nowSeconds + 10,
      };
      const ben = { topicId, userId: "ben", sinceMs: 8, expiresAtSeconds: nowSeconds + 20 };
      await subscriptions.markLeft({ ...ada, sinceMs: 1, expiresAtSeconds: nowSeconds + 5 });
      await subscriptions.markLeft(ada);
      await subscriptions.markLeft(ben);
      await subscriptions.markLeft({ ...ben, topicId: `${topicId}#`, userId: "cid" });
      const left = await subscriptions.leftOf(topicId);
      expect(left.sort((a, b) => a.sinceMs - b.sinceMs)).toEqual([ada, ben]);
      clock.advance(11_000);
      expect(await subscriptions.leftOf(topicId)).toEqual([ben]);
      clock.advance(10_000);
      expect(await subscriptions.leftOf(topicId)).toEqual([]);
    });

    it("accepts the longest user and topic", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const long = topicId.padEnd(512, "t");
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 10;
      const left = { topicId: long, userId: "u".repeat(512), sinceMs: 0, expiresAtSeconds };
      await subscriptions.markLeft(left);
      expect(await subscriptions.leftOf(long)).toEqual([left]);
    });
  });

  describe("ticks", () => {
    it("returns when the last tick is due that was marked, of each topic and kind", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      expect(await subscriptions.tickDueAt({ topicId, slot: "soon" })).toBeUndefined();
      const dueAtMs = clock.now() + 1_000;
      await subscriptions.markTick({ topicId, slot: "soon", dueAtMs: 1 });
      await subscriptions.markTick({ topicId, slot: "soon", dueAtMs });
      await subscriptions.markTick({ topicId, slot: "late", dueAtMs: dueAtMs + 10_000 });
      expect(await subscriptions.tickDueAt({ topicId, slot: "soon" })).toBe(dueAtMs);
      expect(await subscriptions.tickDueAt({ topicId, slot: "late" })).toBe(dueAtMs + 10_000);
      expect(await subscriptions.tickDueAt({ topicId: `${topicId}2`, slot: "soon" })).toBeUndefined();
    });
  });

  describe("markActive", () => {
    it("writes when a connection was last heard of, and creates no subscription", async () => {
      const { subscriptions, topicId } = await setUp();
      const members = membersTopic(topicId);
      const row = subscriptionOf("a", members, { userId: "ada" });
      await subscriptions.put(row);
      await subscriptions.markActive({ consumer: row.consumer, topicId: members, atMs: 42 });
      await subscriptions.markActive({
        consumer: subscriptionOf("b", members).consumer,
        topicId: members,
        atMs: 42,
      });
      const page = await subscriptions.page({ topicId: members, limit: 10, withUser: true });
      expect(page.subscriptions).toEqual([{ ...row, activeAtMs: 42 }]);
      const { userId: _, ...plain } = row;
      expect((await subscriptions.page({ topicId: members, limit: 10 })).subscriptions).toEqual([plain]);
    });
  });

  describe("take", () => {
    it("removes a subscription and returns it, and returns undefined for one that does not exist", async () => {
      const { subscriptions, topicId } = await setUp();
      const row = subscriptionOf("a", topicId, { member: true, format: "event" });
      await putAll(subscriptions, [row, subscriptionOf("b", topicId)]);
      expect(await subscriptions.take(row)).toEqual(row);
      expect(await subscriptions.find(row)).toBeUndefined();
      expect(await subscriptions.take(row)).toBeUndefined();
      expect(await subscriptions.count(topicId)).toBe(1);
    });
  });

  describe("put", () => {
    it("returns the subscription that it replaces, and undefined for a new one", async () => {
      const { subscriptions, topicId } = await setUp();
      const row = subscriptionOf("a", topicId, { member: true });
      expect(await subscriptions.put(row)).toBeUndefined();
      expect(await subscriptions.put(subscriptionOf("a", topicId))).toEqual(row);
    });
  });

  describe("count", () => {
    it("counts a topic's subscriptions without those that have expired", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 100;
      const rows = Array.from({ length: 30 }, (_, n) =>
        subscriptionOf(`c${n}`, topicId, n < 10 ? { expiresAtSeconds } : {}),
      );
      expect(await subscriptions.count(topicId)).toBe(0);
      await putAll(subscriptions, rows);
      expect(await subscriptions.count(topicId)).toBe(30);
      clock.advance(101_000);
      expect(await subscriptions.count(topicId)).toBe(20);
    });
  });
}
