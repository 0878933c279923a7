import { describe, expect, it } from "vitest";
import type { RunResult } from "../../../packages/pubsub/src/core/fanout/runs-port.ts";
import type { Publication } from "../../../packages/pubsub/src/core/types.ts";
import { rowsWithoutTimes, type SetUpLedger } from "./ledger-set-up.ts";

const counts = { consumers: 3, delivered: 2, gone: 1, retried: 0, handedOn: 0 };
const resultAt = (offset: number, changes: Partial<RunResult> = {}): RunResult => ({
  offset,
  ...counts,
  ...changes,
});
const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export function testLedgerRuns(setUp: SetUpLedger): void {
  const at = ({ topicId, epoch }: Publication, offset: number): Publication => ({ topicId, epoch, offset });
  const run = ({ topicId, epoch }: Publication, ...offsets: number[]) => ({
    topicId,
    epoch,
    results: offsets.map((offset) => resultAt(offset)),
  });

  describe("settleRun", () => {
    it("records the last step of each event, and no other event's", async () => {
      const { ledger, publication } = await setUp();
      const results = [resultAt(5), resultAt(6), resultAt(7, { delivered: 1, retried: 4, handedOn: 1 })];
      await ledger.settleRun({ ...run(publication), results });
      for (const { offset, ...result } of results) {
        expect(await rowsWithoutTimes(ledger, at(publication, offset))).toEqual([
          { row: "done", unit: "000001", ...result, lastStep: true },
        ]);
      }
      for (const offset of [1, 4, 8, 47])
        expect(await rowsWithoutTimes(ledger, at(publication, offset))).toEqual([]);
    });

    it("changes nothing when it is called again", async () => {
      const { ledger, publication } = await setUp();
      for (let times = 0; times < 3; times++) await ledger.settleRun(run(publication, 1, 2));
      expect(await rowsWithoutTimes(ledger, publication)).toHaveLength(1);
    });

    it("finds each event of a run whose offsets are far apart, and of 40 in a row", async () => {
      const { ledger, publication } = await setUp();
      const { topicId, epoch } = publication;
      const apart = [3, 41, 42, 43, 5_000, Number.MAX_SAFE_INTEGER];
      await ledger.settleRun(run(publication, ...apart));
      await ledger.settleRun(run(publication, ...numbers(101, 140)));
      const asked = [...apart.slice(0, 4), 44, ...numbers(100, 141), ...apart.slice(4)];
      const done = await ledger.doneInRuns({ topicId, epoch, offsets: asked });
      expect(done).toEqual(asked.filter((offset) => ![44, 100, 141].includes(offset)));
      for (const offset of [...apart, 101, 140])
        expect(await rowsWithoutTimes(ledger, at(publication, offset))).toHaveLength(1);
    });

    it("keeps the records of two runs that end at the same event", async () => {
      const { ledger, publication } = await setUp();
      const { topicId, epoch } = publication;
      await ledger.settleRun(run(publication, 1, 2, 3));
      await ledger.settleRun(run(publication, 3));
      expect(await ledger.doneInRuns({ topicId, epoch, offsets: [1, 2, 3] })).toEqual([1, 2, 3]);
    });

    it("leaves the units of the same publication as they are", async () => {
      const { ledger, publication, claim } = await setUp();
      await claim("000001/a");
      await ledger.settleRun(run(publication, publication.offset));
      expect(await claim("000001/a")).toMatchObject({ outcome: "leased" });
      expect(await claim("000001")).toEqual({ outcome: "claimed" });
      expect(await rowsWithoutTimes(ledger, publication)).toHaveLength(3);
    });
  });

  describe("doneInRuns", () => {
    it("returns no offset of a topic or an epoch without records, nor one that is only claimed", async () => {
      const { ledger, publication, claim } = await setUp();
      const { topicId, epoch } = publication;
      await claim("000001");
      const otherEpoch = epoch.replace(/.$/, (last) => (last === "z" ? "y" : "z"));
      await ledger.settleRun(run({ ...publication, epoch: otherEpoch }, 1));
      await ledger.settleRun(run({ ...publication, topicId: `${topicId}#${epoch}` }, 1));
      expect(await ledger.doneInRuns({ topicId, epoch, offsets: [1, 2] })).toEqual([]);
    });
  });
}
