import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { collect, consumerOf, subscriptionOf } from "../../support/samples.ts";
import { putAll, type SetUpSubscriptions } from "./subscriptions-set-up.ts";

export function testAccessRows(setUp: SetUpSubscriptions): void {
  describe("standing", () => {
    it("counts a connection's unexpired subscriptions up to the limit, and nothing for 0", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const connectionId = randomUUID();
      const consumer = consumerOf(connectionId);
      const inSeconds = (seconds: number) => ({ expiresAtSeconds: Math.ceil(clock.now() / 1_000) + seconds });
      await putAll(subscriptions, [
        ...[1, 2, 3].map((n) => subscriptionOf(connectionId, `${topicId}-${n}`, inSeconds(60))),
        // Subscriptions end with a token's expiry now: an old one must not count against the limit until it is deleted
        subscriptionOf(connectionId, `${topicId}-4`, inSeconds(-1)),
      ]);
      for (const [countTo, count] of [
        [0, 0],
        [2, 2],
        [3, 3],
        [100, 3],
      ] as const) {
        expect(await subscriptions.standing({ consumer, topicId, countTo })).toEqual({ ended: false, count });
      }
    });

    it("returns what was written about the connection, with and without a count", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const consumer = consumerOf(randomUUID());
      const atMs = clock.now();
      const expiresAtSeconds = Math.ceil(atMs / 1_000) + 60;
      await putAll(subscriptions, [subscriptionOf(consumer.connectionId, topicId)]);
      await subscriptions.identify({ consumer, userId: "user/7#é", expiresAtSeconds });
      await subscriptions.revoke({ of: { consumer }, topicId, atMs, expiresAtSeconds });
      for (const countTo of [0, 9]) {
        const standing = { ended: false, count: Math.min(countTo, 1), userId: "user/7#é" };
        const asked = { consumer, countTo };
        expect(await subscriptions.standing({ ...asked, topicId })).toEqual({
          ...standing,
          revokedAtMs: atMs,
        });
        expect(await subscriptions.standing({ ...asked, topicId: `${topicId}-` })).toEqual(standing);
      }
      await subscriptions.end({ consumer, expiresAtSeconds });
      expect(await subscriptions.standing({ consumer, topicId, countTo: 0 })).toMatchObject({ ended: true });
      clock.advance(61_000);
      expect(await subscriptions.standing({ consumer, topicId, countTo: 0 })).toEqual({
        ended: false,
        count: 0,
      });
    });

    it("returns the later of the revocations of the topic and of all topics", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const of = { consumer: consumerOf(randomUUID()) };
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const revokedAtMs = async (): Promise<number | undefined> =>
        (await subscriptions.standing({ ...of, topicId, countTo: 0 })).revokedAtMs;
      await subscriptions.revoke({ of, atMs: 5, expiresAtSeconds });
      expect(await revokedAtMs()).toBe(5);
      await subscriptions.revoke({ of, topicId, atMs: 7, expiresAtSeconds });
      await subscriptions.revoke({ of, topicId: `${topicId}-other`, atMs: 9, expiresAtSeconds });
      expect(await revokedAtMs()).toBe(7);
      await subscriptions.revoke({ of, atMs: 8, expiresAtSeconds });
      expect(await revokedAtMs()).toBe(8);
    });
  });

  describe("a user", () => {
    it("has the connections that were identified, as soon as they were, until they expire", async () => {
      const { clock, subscriptions } = await setUp();
      const userId = `user-${randomUUID()}`;
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const consumers = ["a/b=", "c"].map((name) => consumerOf(`${name}-${randomUUID()}`));
      for (const consumer of consumers) await subscriptions.identify({ consumer, userId, expiresAtSeconds });
      await subscriptions.identify({ consumer: consumerOf("x"), userId: `${userId}2`, expiresAtSeconds });
      const found = async (): Promise<string[]> =>
        (await collect(subscriptions.connectionsOf(userId))).map(consumerId).sort();
      expect(await found()).toEqual(consumers.map(consumerId).sort());
      await subscriptions.revoke({ of: { userId }, atMs: 5, expiresAtSeconds });
      expect(await found()).toEqual(consumers.map(consumerId).sort());
      clock.advance(61_000);
      expect(await found()).toEqual([]);
    });

    it("is who the connection is by its handshake, until that expires or is forgotten", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const userId = `user/${randomUUID()}#`;
      const [consumer, other] = [consumerOf(randomUUID()), consumerOf(randomUUID())];
      const full = { userId, info: '{"name":"Ü"}', untilSeconds: 1_700_000_000, decidedAtMs: clock.now() };
      const bare = { userId, decidedAtMs: 0 };
      expect(await subscriptions.identityOf(consumer)).toBeUndefined();
      await subscriptions.identify({ consumer, userId, expiresAtSeconds, identity: full });
      await subscriptions.identify({ consumer: other, userId, expiresAtSeconds, identity: bare });
      // Its own time has passed long ago, and the row still says so
      expect(await subscriptions.identityOf(consumer)).toEqual(full);
      expect(await subscriptions.identityOf(other)).toEqual(bare);
      const standing = await subscriptions.standing({ consumer, topicId, countTo: 9 });
      expect(standing).toEqual({ ended: false, count: 0, userId, identity: full });
      await subscriptions.forget({ consumer, userId });
      await subscriptions.forget({ consumer, userId });
      expect(await subscriptions.identityOf(consumer)).toBeUndefined();
      expect((await collect(subscriptions.connectionsOf(userId))).map(consumerId)).toEqual([
        consumerId(other),
      ]);
      clock.advance(61_000);
      expect(await subscriptions.identityOf(other)).toBeUndefined();
    });

    it("is not who the connection is if only a subscription's grant names it", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const consumer = consumerOf(randomUUID());
      const [userId, otherId] = [`user-${randomUUID()}`, `user-${randomUUID()}`];
      await subscriptions.identify({ consumer, userId, expiresAtSeconds });
      expect(await subscriptions.identityOf(consumer)).toBeUndefined();
      await subscriptions.alsoOf({ consumer, userId: otherId, expiresAtSeconds });
      const standing = await subscriptions.standing({ consumer, topicId, countTo: 0 });
      expect(standing).toEqual({ ended: false, count: 0, userId });
      for (const each of [userId, otherId]) {
        expect((await collect(subscriptions.connectionsOf(each))).map(consumerId)).toEqual([
          consumerId(consumer),
        ]);
      }
    });

    it("is revoked from one topic or from all, and no other user is", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const userId = `user-${randomUUID()}`;
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const at = (user: string, topic: string): Promise<number | undefined> =>
        subscriptions.userRevokedAt({ userId: user, topicId: topic });
      expect(await at(userId, topicId)).toBeUndefined();
      await subscriptions.revoke({ of: { userId }, topicId, atMs: 5, expiresAtSeconds });
      expect([await at(userId, topicId), await at(userId, "other")]).toEqual([5, undefined]);
      expect(await subscriptions.userRevokedAt({ userId })).toBeUndefined();
      await subscriptions.revoke({ of: { userId }, atMs: 7, expiresAtSeconds });
      expect([await at(userId, topicId), await at(userId, "other")]).toEqual([7, 7]);
      expect(await subscriptions.userRevokedAt({ userId })).toBe(7);
      expect(await at(`${userId}2`, topicId)).toBeUndefined();
      expect(await subscriptions.standing({ consumer: consumerOf(userId), topicId, countTo: 0 })).toEqual({
        ended: false,
        count: 0,
      });
      clock.advance(61_000);
      expect(await at(userId, topicId)).toBeUndefined();
    });
  });

  describe("forget", () => {
    it("removes the connection from its user's list, with and without the user, and no other", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const userId = `user-${randomUUID()}`;
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const [a, b, c] = ["a", "b", "c"].map((name) => consumerOf(`${name}/${randomUUID()}=`)) as [
        Consumer,
        Consumer,
        Consumer,
      ];
      for (const consumer of [a, b, c]) await subscriptions.identify({ consumer, userId, expiresAtSeconds });
      await putAll(subscriptions, [{ ...subscriptionOf("", topicId), consumer: a }]);
      await subscriptions.forget({ consumer: a });
      await subscriptions.forget({ consumer: b, userId });
      await subscriptions.forget({ consumer: consumerOf(randomUUID()), userId });
      expect(await collect(subscriptions.connectionsOf(userId))).toEqual([c]);
      expect(await subscriptions.standing({ consumer: a, topicId, countTo: 9 })).toEqual({
        ended: false,
        count: 1,
      });
    });

    // A connection can have had another user: its row names the later one only
    it("removes it from the list of the user that is given, although its row names another", async () => {
      const { clock, subscriptions } = await setUp();
      const [before, after] = [`user-${randomUUID()}`, `user-${randomUUID()}`];
      const consumer = consumerOf(randomUUID());
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      for (const userId of [before, after]) {
        await subscriptions.identify({ consumer, userId, expiresAtSeconds });
      }
      await subscriptions.forget({ consumer, userId: before });
      for (const userId of [before, after]) {
        expect(await collect(subscriptions.connectionsOf(userId))).toEqual([]);
      }
    });
  });

  describe("removedFrom", () => {
    it("returns the consumers that were removed from the topic, until that expires", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + 60;
      const removed = { expiresAtSeconds, atMs: 5 };
      await subscriptions.markRemoved({ ...removed, consumer: consumerOf("a/b="), topicId });
      // Two may write at once, by different clocks
      for (const atMs of [7, 6]) {
        await subscriptions.markRemoved({ ...removed, consumer: consumerOf("a/b="), topicId, atMs });
      }
      await subscriptions.markRemoved({ ...removed, consumer: consumerOf("c"), topicId });
      await subscriptions.markRemoved({ ...removed, consumer: consumerOf("d"), topicId: `${topicId}-other` });
      expect(await subscriptions.removedFrom(topicId)).toEqual(
        new Map([
          [consumerId(consumerOf("a/b=")), 7],
          [consumerId(consumerOf("c")), 5],
        ]),
      );
      // They are no subscriptions, for no reader
      expect((await subscriptions.page({ topicId, limit: 10 })).subscriptions).toEqual([]);
      expect(await subscriptions.find({ consumer: consumerOf("c"), topicId })).toBeUndefined();
      clock.advance(61_000);
      expect(await subscriptions.removedFrom(topicId)).toEqual(new Map());
    });
  });
}
