import { describe, expect, it } from "vitest";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import { subscriptionOf } from "../../support/samples.ts";
import type { SetUpSubscriptions } from "./subscriptions-set-up.ts";

const once = { inRow: 1, inAll: 1, lastAtMs: 1_700_000_060_000 };
const twice = { inRow: 2, inAll: 2, lastAtMs: 1_700_000_120_000 };

export function testAbandonments(setUp: SetUpSubscriptions): void {
  async function setUpRow(changes: Partial<Subscription> = {}) {
    const { subscriptions, topicId } = await setUp();
    const row = subscriptionOf("a", topicId, { expiresAtSeconds: 4_000_000_000, ...changes });
    await subscriptions.put(row);
    const read = async (): Promise<Subscription[]> =>
      (await subscriptions.page({ topicId, limit: 10 })).subscriptions;
    return { subscriptions, row, read };
  }

  describe("replaceAbandonments", () => {
    it("writes the first abandonments and the next, and keeps the rest of the subscription", async () => {
      const { subscriptions, row, read } = await setUpRow({ format: "event" });
      expect(await subscriptions.replaceAbandonments(row, once)).toBe(true);
      expect(await read()).toEqual([{ ...row, abandonments: once }]);
      expect(await subscriptions.replaceAbandonments({ ...row, abandonments: once }, twice)).toBe(true);
      expect(await read()).toEqual([{ ...row, abandonments: twice }]);
    });

    it("writes nothing if another worker has counted since", async () => {
      const { subscriptions, row, read } = await setUpRow();
      await subscriptions.replaceAbandonments(row, once);
      expect(await subscriptions.replaceAbandonments(row, twice)).toBe(false);
      const forgotten = { ...once, inRow: 0 };
      await subscriptions.replaceAbandonments({ ...row, abandonments: once }, forgotten);
      expect(await subscriptions.replaceAbandonments({ ...row, abandonments: once }, twice)).toBe(false);
      expect(await read()).toEqual([{ ...row, abandonments: forgotten }]);
    });

    it("writes nothing to a subscription that the consumer began since, which has no abandonments", async () => {
      const { subscriptions, row, read } = await setUpRow();
      await subscriptions.replaceAbandonments(row, once);
      const again = { ...row, subscribedAt: row.subscribedAt + 1 };
      await subscriptions.put(again);
      expect(await subscriptions.replaceAbandonments({ ...row, abandonments: once }, twice)).toBe(false);
      expect(await subscriptions.replaceAbandonments(row, once)).toBe(false);
      expect(await read()).toEqual([again]);
    });

    it("creates no row for a subscription that does not exist", async () => {
      const { subscriptions, row, read } = await setUpRow();
      await subscriptions.remove([row]);
      expect(await subscriptions.replaceAbandonments(row, once)).toBe(false);
      expect(await read()).toEqual([]);
      expect(await subscriptions.find(row)).toBeUndefined();
    });
  });

  describe("end", () => {
    it("removes the subscription that was read, with abandonments or without", async () => {
      const { subscriptions, row, read } = await setUpRow();
      await subscriptions.replaceAbandonments(row, once);
      expect(await subscriptions.removeUnchanged({ ...row, abandonments: once })).toBe(true);
      expect(await read()).toEqual([]);
      await subscriptions.put(row);
      expect(await subscriptions.removeUnchanged(row)).toBe(true);
      expect(await subscriptions.removeUnchanged(row)).toBe(false);
    });

    it("keeps a subscription that the consumer began since, and one whose abandonments changed", async () => {
      const { subscriptions, row, read } = await setUpRow();
      expect(await subscriptions.removeUnchanged({ ...row, subscribedAt: row.subscribedAt - 1 })).toBe(false);
      expect(await subscriptions.removeUnchanged({ ...row, abandonments: once })).toBe(false);
      await subscriptions.replaceAbandonments(row, once);
      expect(await subscriptions.removeUnchanged(row)).toBe(false);
      expect(await read()).toEqual([{ ...row, abandonments: once }]);
    });
  });
}
