import { describe, expect, it } from "vitest";
import { subscriptionOf } from "../../support/samples.ts";
import { idsOf, pagesOf, putAll, type SetUpSubscriptions } from "./subscriptions-set-up.ts";

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `id/${n}=`);

export function testSubscriptionPages(setUp: SetUpSubscriptions): void {
  describe("page", () => {
    it("returns no consumers and no cursor for a topic without subscriptions", async () => {
      const { subscriptions, topicId } = await setUp();
      const page = await subscriptions.page({ topicId, limit: 10 });
      expect(page).toEqual({ subscriptions: [], malformed: 0 });
    });

    it("returns whose subscription it is only if it was asked for", async () => {
      const { subscriptions, topicId } = await setUp();
      const row = subscriptionOf("a", topicId, { member: true });
      await subscriptions.put({ ...row, userId: "user-7", info: '"ada"' });
      expect((await subscriptions.page({ topicId, limit: 10 })).subscriptions).toEqual([row]);
      const { subscriptions: rows } = await subscriptions.page({ topicId, limit: 10, withUser: true });
      expect(rows).toEqual([{ ...row, userId: "user-7", info: '"ada"' }]);
    });

    it.each([1, 7, 25, 26])(
      "returns every consumer once, in the same order each time: %d a page",
      async (limit) => {
        const { subscriptions, topicId } = await setUp();
        const ids = namesOf(25);
        await putAll(
          subscriptions,
          ids.map((id) => subscriptionOf(id, topicId)),
        );
        const pages = await pagesOf(subscriptions, topicId, limit);
        expect(pages.every((page) => page.subscriptions.length <= limit)).toBe(true);
        expect(idsOf(pages).sort()).toEqual(ids.toSorted());
        expect(idsOf(await pagesOf(subscriptions, topicId, limit))).toEqual(idsOf(pages));
        expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toEqual(idsOf(pages));
      },
    );

    it("returns all of three thousand consumers", async () => {
      const { subscriptions, topicId } = await setUp();
      const ids = namesOf(3_000);
      await putAll(
        subscriptions,
        ids.map((id) => subscriptionOf(id, topicId)),
        100,
      );
      const pages = await pagesOf(subscriptions, topicId, 1_000);
      expect(pages.length).toBeGreaterThanOrEqual(3);
      expect(idsOf(pages).sort()).toEqual(ids.toSorted());
    });

    it("returns a full page and a cursor if more rows follow", async () => {
      const { subscriptions, topicId } = await setUp();
      await putAll(
        subscriptions,
        namesOf(10).map((id) => subscriptionOf(id, topicId)),
      );
      const { cursor, subscriptions: rows } = await subscriptions.page({ topicId, limit: 4 });
      expect(rows).toHaveLength(4);
      expect(typeof cursor).toBe("string");
    });

    it("continues from a cursor whose row was removed and skips no consumer", async () => {
      const { subscriptions, topicId } = await setUp();
      await putAll(
        subscriptions,
        namesOf(12).map((id) => subscriptionOf(id, topicId)),
      );
      const order = idsOf(await pagesOf(subscriptions, topicId, 100));
      const { cursor, subscriptions: rows } = await subscriptions.page({ topicId, limit: 5 });
      await subscriptions.remove(rows.slice(2));
      const behind: string[] = [];
      let next = cursor;
      while (next !== undefined) {
        const page = await subscriptions.page({ topicId, cursor: next, limit: 5 });
        behind.push(...idsOf([page]));
        next = page.cursor;
      }
      expect(behind).toEqual(order.slice(5));
    });

    it("continues from a cursor while other rows are added and removed", async () => {
      const { subscriptions, topicId } = await setUp();
      await putAll(
        subscriptions,
        namesOf(20).map((id) => subscriptionOf(id, topicId)),
      );
      const order = idsOf(await pagesOf(subscriptions, topicId, 100));
      const { cursor } = await subscriptions.page({ topicId, limit: 10 });
      const late = Array.from({ length: 20 }, (_, n) => subscriptionOf(`late/${n}`, topicId));
      await putAll(subscriptions, late);
      const left = order[12] ?? "";
      await subscriptions.remove([subscriptionOf(left, topicId)]);
      const behind: string[] = [];
      for (let next = cursor; next !== undefined; ) {
        const page = await subscriptions.page({ topicId, cursor: next, limit: 3 });
        behind.push(...idsOf([page]));
        next = page.cursor;
      }
      const stayed = behind.filter((id) => !id.startsWith("late"));
      expect(stayed).toEqual(order.slice(10).filter((id) => id !== left));
    });

    it("omits expired rows, even a whole page of them, and continues after them", async () => {
      const { clock, subscriptions, topicId } = await setUp();
      const nowSeconds = Math.ceil(clock.now() / 1_000);
      const expiring = namesOf(8).map((id) =>
        subscriptionOf(id, topicId, { expiresAtSeconds: nowSeconds + 100 }),
      );
      const living = [
        subscriptionOf("lives-on", topicId, { expiresAtSeconds: nowSeconds + 200 }),
        subscriptionOf("for-ever", topicId),
      ];
      await putAll(subscriptions, [...expiring, ...living]);
      expect(idsOf(await pagesOf(subscriptions, topicId, 3))).toHaveLength(10);
      clock.advance(101_000);
      const pages = await pagesOf(subscriptions, topicId, 1);
      expect(idsOf(pages).sort()).toEqual(["for-ever", "lives-on"]);
      expect(pages.every(({ malformed }) => malformed === 0)).toBe(true);
      expect(pages.some((page) => page.subscriptions.length === 0 && page.cursor !== undefined)).toBe(true);
    });
  });
}
