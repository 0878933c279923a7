import { describe, expect, it } from "vitest";
import { LEASE_MS, resultOf, type SetUpLedger } from "./ledger-set-up.ts";

const UNIT = "000001";

export function testClaims(setUp: SetUpLedger): void {
  describe("claim", () => {
    it("grants a unit only once while the lease lasts", async () => {
      const { clock, claim } = await setUp();
      const untilMs = clock.now() + LEASE_MS;
      expect(await claim(UNIT)).toEqual({ outcome: "claimed" });
      expect(await claim(UNIT)).toEqual({ outcome: "leased", untilMs });
      clock.advance(LEASE_MS - 1);
      expect(await claim(UNIT)).toEqual({ outcome: "leased", untilMs });
    });

    it("lets another worker take over after the lease, and only one", async () => {
      const { clock, claim } = await setUp();
      await claim(UNIT);
      for (const round of [1, 2]) {
        clock.advance(LEASE_MS + round);
        expect(await claim(UNIT)).toEqual({ outcome: "taken-over" });
        expect(await claim(UNIT)).toEqual({ outcome: "leased", untilMs: clock.now() + LEASE_MS });
      }
    });

    it.each([
      ["the plan of a step that others follow", { end: "consumer#d/s/id=" }],
      ["the plan of the last step", {}],
    ])("returns %s to the worker that takes over, and only to that one", async (_, end) => {
      const { clock, ledger, publication, claim } = await setUp();
      const plan = {
        ...end,
        parts: [
          { name: "0bumrt68za8", from: 7 },
          { name: "2189r95t1z5", from: 2 ** 52 },
        ],
      };
      await claim(UNIT);
      await ledger.plan({ publication, unit: UNIT, plan: { end: "consumer#d/s/x=", parts: [] } });
      await ledger.plan({ publication, unit: UNIT, plan });
      expect(await claim(UNIT)).toEqual({ outcome: "leased", untilMs: clock.now() + LEASE_MS });
      clock.advance(LEASE_MS);
      expect(await claim(UNIT)).toEqual({ outcome: "taken-over", plan });
      await ledger.settle({ publication, unit: UNIT, result: resultOf() });
      expect(await claim(UNIT)).toEqual({ outcome: "done" });
    });

    it.each([
      ["the row where a step ended", { end: "consumer#d/s/id=" }],
      ["no row for the last step", {}],
    ])("returns %s to a claim after the step is done", async (_, end) => {
      const { ledger, publication, claim } = await setUp();
      await claim(UNIT);
      await ledger.settle({ publication, unit: UNIT, result: resultOf(end) });
      expect(await claim(UNIT)).toEqual({ outcome: "done", ...end });
    });

    it("returns the row of the last result if a step was done twice", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim(UNIT);
      for (const end of [{ end: "consumer#d/s/a=" }, { end: "consumer#d/s/b=" }, {}]) {
        await ledger.settle({ publication, unit: UNIT, result: resultOf(end) });
        expect(await claim(UNIT)).toEqual({ outcome: "done", ...end });
      }
    });

    it("rejects every later claim after the unit is done", async () => {
      const { clock, ledger, publication, claim } = await setUp();
      await claim(UNIT);
      await ledger.settle({ publication, unit: UNIT, result: resultOf() });
      expect(await claim(UNIT)).toEqual({ outcome: "done" });
      clock.advance(10 * LEASE_MS);
      expect(await claim(UNIT)).toEqual({ outcome: "done" });
      await ledger.settle({ publication, unit: UNIT, result: resultOf() });
      expect(await claim(UNIT)).toEqual({ outcome: "done" });
    });

    it("rejects a claim if the unit was done by the worker whose claim was taken over", async () => {
      const { clock, ledger, publication, claim } = await setUp();
      await claim(UNIT);
      clock.advance(LEASE_MS);
      await claim(UNIT);
      await ledger.settle({ publication, unit: UNIT, result: resultOf() });
      clock.advance(LEASE_MS);
      expect(await claim(UNIT)).toEqual({ outcome: "done" });
    });

    it("grants a unit to exactly one of ten concurrent workers", async () => {
      const { clock, claim } = await setUp();
      for (let round = 0; round < 5; round++) {
        const unit = `00000${round}`;
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => claim(unit)));
        expect(outcomes.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
        expect(outcomes.filter(({ outcome }) => outcome === "leased")).toHaveLength(9);
        clock.advance(1);
      }
    });

    it("lets exactly one of ten concurrent workers take over an expired claim", async () => {
      const { clock, claim } = await setUp();
      await claim(UNIT);
      for (let round = 0; round < 5; round++) {
        clock.advance(LEASE_MS);
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => claim(UNIT)));
        expect(outcomes.filter(({ outcome }) => outcome === "taken-over")).toHaveLength(1);
        expect(outcomes.filter(({ outcome }) => outcome === "leased")).toHaveLength(9);
      }
    });

    it("changes no other unit and no other publication", async () => {
      const { ledger, publication, claim } = await setUp();
      const { topicId, epoch } = publication;
      const others = [
        { ...publication, offset: 2 },
        { ...publication, offset: 10 },
        { ...publication, epoch: epoch.replace(/.$/, (last) => (last === "z" ? "y" : "z")) },
        { ...publication, topicId: `${topicId}#${epoch}` },
        { ...publication, topicId: `${topicId}#` },
      ];
      const units = ["000001", "000002", "000001/0", "000001/1", "000001/0/dead"];
      for (const about of [publication, ...others]) {
        for (const unit of units) expect(await claim(unit, { about })).toEqual({ outcome: "claimed" });
      }
      await ledger.settle({ publication, unit: "000001", result: resultOf() });
      expect(await claim("000001/0")).toMatchObject({ outcome: "leased" });
      for (const about of others)
        expect(await claim("000001", { about })).toMatchObject({ outcome: "leased" });
    });
  });
}
