import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Spending, Spent } from "../../../packages/pubsub/src/core/ports.ts";
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

    const spend = (costMs: number, nowMs = NOW_MS, mostMs?: number, who = consumer): Promise<Spent> =>
      spending.spend({ consumer: who, costMs, nowMs, burstMs, ...(mostMs !== undefined && { mostMs }) });

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

    it("spends nothing if more than `mostMs` would be used", async () => {
      expect(await spend(2_000, NOW_MS, 3_000)).toEqual({ spent: true, spentUntilMs: FULL_MS + 2_000 });
      expect(await spend(2_000, NOW_MS, 3_000)).toEqual({ spent: false, spentUntilMs: FULL_MS + 2_000 });
      expect(await spend(1_000, NOW_MS, 3_000)).toEqual({ spent: true, spentUntilMs: FULL_MS + 3_000 });
      expect(await spend(4_000, NOW_MS + 60_000, 3_000)).toMatchObject({ spent: false });
    });

    it("keeps connections apart, also if only the stage or the domain differs", async () => {
      await spend(5_000);
      for (const other of [
        { ...consumer, stage: "dev" },
        { ...consumer, domainName: "d" },
      ]) {
        expect(await spend(1_000, NOW_MS, undefined, other)).toMatchObject({ spentUntilMs: FULL_MS + 1_000 });
      }
    });

    it("loses nothing of what is spent at once, and permits no more than `mostMs` of it", async () => {
      await Promise.all(Array.from({ length: 20 }, () => spend(100)));
      expect(await spend(0)).toMatchObject({ spentUntilMs: FULL_MS + 2_000 });
      const spent = await Promise.all(Array.from({ length: 20 }, () => spend(100, NOW_MS, 2_750)));
      expect(spent.filter((each) => each.spent)).toHaveLength(7);
    });

    it("takes fractions of a millisecond", async () => {
      const { spentUntilMs } = await spend(0.4, NOW_MS + 0.3);
      expect(Number.isSafeInteger(spentUntilMs)).toBe(true);
      expect(spentUntilMs).toBeGreaterThan(FULL_MS);
    });
  });
}
