import { describe, expect, it } from "vitest";
import { collect, consumerOf } from "../../support/samples.ts";
import { resultOf, rowsWithoutTimes, type SetUpLedger } from "./ledger-set-up.ts";

export function testLedgerRows(setUp: SetUpLedger): void {
  const consumersOf = (count: number): ReturnType<typeof consumerOf>[] =>
    Array.from({ length: count }, (_, n) => consumerOf(`connection-${n}/=`));

  describe("rows", () => {
    it("returns no rows before the fan-out begins", async () => {
      const { ledger, publication } = await setUp();
      expect(await rowsWithoutTimes(ledger, publication)).toEqual([]);
    });

    it("returns claimed, done and abandoned units at once", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001");
      expect(await rowsWithoutTimes(ledger, publication)).toEqual([{ row: "claimed", unit: "000001" }]);
      const result = resultOf({ lastStep: false, end: "consumer#d/s/a/b=" });
      await ledger.settle({ publication, unit: "000001", result });
      const page = { row: "done", unit: "000001", ...result };
      expect(await rowsWithoutTimes(ledger, publication)).toEqual([page]);
      await claim("000002");
      const abandonment = { consumers: consumersOf(3), attempts: 8, reason: "500 InternalServerError" };
      await ledger.abandon({ publication, unit: "000001/0", abandonment });
      const rows = await rowsWithoutTimes(ledger, publication);
      expect(rows).toHaveLength(3);
      expect(rows).toEqual(
        expect.arrayContaining([
          page,
          { row: "claimed", unit: "000002" },
          { row: "abandoned", unit: "000001/0", count: 3 },
        ]),
      );
    });

    it("returns the rows of one publication only", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001", { about: { ...publication, offset: 11 } });
      await claim("000001", { about: { ...publication, topicId: `${publication.topicId}#x` } });
      expect(await rowsWithoutTimes(ledger, publication)).toEqual([]);
    });

    it("has the times of the claim and of the end, if the adapter keeps them, and no others", async () => {
      const { ledger, publication, claim, clock } = await setUp();
      const claimedAtMs = clock.now();
      await claim("000001");
      clock.advance(250);
      await ledger.settle({ publication, unit: "000001", result: resultOf() });
      const [row] = await collect(ledger.rows(publication));
      const times = row && "claimedAtMs" in row ? { claimedAtMs, doneAtMs: claimedAtMs + 250 } : {};
      expect(row).toEqual({ row: "done", unit: "000001", ...resultOf(), ...times });
    });

    it("reads every page of more than a megabyte", async () => {
      const { ledger, publication } = await setUp();
      const abandonment = { consumers: consumersOf(500), attempts: 8, reason: "throttled (429)" };
      const units = Array.from({ length: 40 }, (_, index) => `000001/${index}`);
      await Promise.all(units.map((unit) => ledger.abandon({ publication, unit, abandonment })));
      const rows = await rowsWithoutTimes(ledger, publication);
      expect(rows.map(({ unit }) => unit).sort()).toEqual(units.toSorted());
    });
  });

  describe("settle", () => {
    it("marks a unit as done and changes nothing when it is called again", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001");
      const result = resultOf();
      for (let times = 0; times < 3; times++) {
        await ledger.settle({ publication, unit: "000001", result });
        expect(await rowsWithoutTimes(ledger, publication)).toEqual([
          { row: "done", unit: "000001", ...result },
        ]);
      }
    });

    it("returns the parts and the end of the last result only", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001");
      const sent = resultOf({ lastStep: false, parts: ["04fzyo82mvy", "1"], end: "consumer#d/s/a" });
      for (const result of [sent, resultOf({ lastStep: true }), sent]) {
        await ledger.settle({ publication, unit: "000001", result });
        expect(await rowsWithoutTimes(ledger, publication)).toEqual([
          { row: "done", unit: "000001", ...result },
        ]);
      }
    });

    it("marks a unit as done even if its claim no longer exists", async () => {
      const { ledger, publication, claim } = await setUp();
      const result = resultOf({ consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 0 });
      await ledger.settle({ publication, unit: "000001", result });
      expect(await rowsWithoutTimes(ledger, publication)).toEqual([
        { row: "done", unit: "000001", ...result },
      ]);
      expect(await claim("000001")).toEqual({ outcome: "done" });
    });
  });

  describe("abandon", () => {
    it("changes nothing when it is called again, and keeps the unit's own row", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001/0");
      const abandonment = { consumers: consumersOf(2), attempts: 8, reason: "throttled (429)" };
      for (let times = 0; times < 3; times++) {
        await ledger.abandon({ publication, unit: "000001/0", abandonment });
      }
      const rows = await rowsWithoutTimes(ledger, publication);
      expect(rows).toHaveLength(2);
      expect(rows).toEqual(
        expect.arrayContaining([
          { row: "claimed", unit: "000001/0" },
          { row: "abandoned", unit: "000001/0", count: 2 },
        ]),
      );
      expect(await claim("000001/0")).toMatchObject({ outcome: "leased" });
    });
  });
}
