import type { RunResult } from "../core/fanout/runs-port.ts";
import { stepUnit } from "../core/fanout/units.ts";
import type { FanoutLedger, LedgerRow, StepPlan, UnitResult } from "../core/ports.ts";
import type { Publication } from "../core/types.ts";

interface UnitRow {
  leaseUntilMs: number;
  plan?: StepPlan;
  result?: UnitResult;
}

interface Book {
  units: Map<string, UnitRow>;
  abandoned: Map<string, number>;
  run?: RunResult;
}

export function createMemoryLedger(): FanoutLedger {
  const books = new Map<string, Book>();
  const bookOf = ({ topicId, epoch, offset }: Publication): Book => {
    const key = JSON.stringify([topicId, epoch, offset]);
    const book = books.get(key) ?? { units: new Map(), abandoned: new Map() };
    books.set(key, book);
    return book;
  };

  return {
    async claim({ publication, unit, leaseUntilMs, nowMs }) {
      const { units } = bookOf(publication);
      const row = units.get(unit);
      if (!row) {
        units.set(unit, { leaseUntilMs });
        return { outcome: "claimed" };
      }
      if (row.result) {
        const { end } = row.result;
        return { outcome: "done", ...(end !== undefined && { end }) };
      }
      if (row.leaseUntilMs > nowMs) return { outcome: "leased", untilMs: row.leaseUntilMs };
      row.leaseUntilMs = leaseUntilMs;
      return { outcome: "taken-over", ...(row.plan && { plan: row.plan }) };
    },
    async plan({ publication, unit, plan }) {
      const { units } = bookOf(publication);
      units.set(unit, { leaseUntilMs: 0, ...units.get(unit), plan });
    },
    async settle({ publication, unit, result }) {
      const { units } = bookOf(publication);
      const row = units.get(unit) ?? { leaseUntilMs: 0 };
      units.set(unit, { ...row, result });
    },
    async abandon({ publication, unit, abandonment }) {
      bookOf(publication).abandoned.set(unit, abandonment.consumers.length);
    },
    async settleRun({ topicId, epoch, results }) {
      for (const result of results) bookOf({ topicId, epoch, offset: result.offset }).run = result;
    },
    async doneInRuns({ topicId, epoch, offsets }) {
      return offsets.filter((offset) => bookOf({ topicId, epoch, offset }).run !== undefined);
    },
    async *rows(publication) {
      const { units, abandoned, run } = bookOf(publication);
      for (const [unit, { result }] of units) yield toRow(unit, result);
      if (run) {
        const { offset: _, ...counts } = run;
        yield { row: "done", unit: stepUnit(1), ...counts, lastStep: true };
      }
      for (const [unit, count] of abandoned) yield { row: "abandoned", unit, count };
    },
  };
}

const toRow = (unit: string, result: UnitResult | undefined): LedgerRow =>
  result ? { row: "done", unit, ...result } : { row: "claimed", unit };
