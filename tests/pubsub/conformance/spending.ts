import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Spending, SpendRequest, Spent } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { consumerOf } from "../../support/samples.ts";

const NOW_MS = 1_800_000_000_000;
const burstMs = 10_000;
const FULL_MS = NOW_MS - burstMs;

/** The obligations of the port `Spending`. */
export function describeSpendingConformance(name: string, open: () => Promise<Spending>): void {
  describe(`spending: ${name}`, () => {
    let spending: Spending;
    let consumer: Consumer;

    beforeEach(async () => {
      spending = await open();
      consumer = consumerOf(randomUUID());
    });

    const spend = (costMs: number, nowMs = NOW_MS, changes: Partial<SpendRequest> = {}): Promise<Spent> =>
      spending.spend({ consumer, account: "all", costMs, nowMs, burstMs, mayOwe: true, ...changes });
    const spendOwn = (costMs: number, nowMs = NOW_MS): Promise<Spent> =>
      spend(costMs, nowMs, { mayOwe: false });

    it("adds up what a connection spends, and goes into debt", async () => {
      expect(await spend(1_000)).toEqual({ spent: true, spentUntilMs: FULL_MS + 1_000 });
      expect(await spend(4_000)).toEqual({ spent: true, spentUntilMs: FULL_MS + 5_000 });
      expect(await spend(8_000)).toEqual({ spent: true, spentUntilMs: NOW_MS + 3_000 });
    });

    it("gives a millisecond back each millisecond, up to the burst", async () => {
      await spend(12_000);
      expect(await spend(1_000, NOW_MS + 7_000)).toMatchObject({ spentUntilMs: NOW_MS + 3_000 });
      const later = NOW_MS + 60_000;
      expect(await spend(1_000, later)).toMatchObject({ spentUntilMs: later - burstMs + 1_000 });
      expect(await spend(1_000, later)).toMatchObject({ spentUntilMs: later - burstMs + 2_000 });
    });

    it("spends nothing without `mayOwe` if the account has too little", async () => {
      expect(await spendOwn(7_000)).toEqual({ spent: true, spentUntilMs: FULL_MS + 7_000 });
      expect(await spendOwn(4_000)).toEqual({ spent: false, spentUntilMs: FULL_MS + 7_000 });
      expect(await spendOwn(3_000)).toEqual({ spent: true, spentUntilMs: NOW_MS });
      expect(await spendOwn(11_000, NOW_MS + 60_000)).toMatchObject({ spent: false });
    });

    it("keeps the accounts of a connection apart", async () => {
      await spend(5_000);
      expect(await spend(1_000, NOW_MS, { account: "work" })).toMatchObject({
        spentUntilMs: FULL_MS + 1_000,
      });
    });

    it("keeps connections apart, also if only the stage or the domain differs", async () => {
      await spend(5_000);
      for (const other of [
        { ...consumer, stage: "dev" },
        { ...consumer, domainName: "d" },
      ]) {
        expect(await spend(1_000, NOW_MS, { consumer: other })).toMatchObject({
          spentUntilMs: FULL_MS + 1_000,
        });
      }
    });

    it("loses nothing of what is spent at once, and permits no more than the account has", async () => {
      await Promise.all(Array.from({ length: 20 }, () => spend(100)));
      expect(await spend(0)).toMatchObject({ spentUntilMs: FULL_MS + 2_000 });
      const spent = await Promise.all(Array.from({ length: 20 }, () => spendOwn(1_100)));
      expect(spent.filter((each) => each.spent)).toHaveLength(7);
    });

    it("takes fractions of a millisecond", async () => {
      const { spentUntilMs } = await spend(0.4, NOW_MS + 0.3);
      expect(Number.isSafeInteger(spentUntilMs)).toBe(true);
      expect(spentUntilMs).toBeGreaterThan(FULL_MS);
    });
  });
}
