import type { UnitResult } from "../ports.ts";
import type { PendingConsumer } from "./message.ts";
import type { Run } from "./post-run.ts";
import { unitKind } from "./units.ts";
import type { FanoutContext } from "./worker.ts";

export interface Unit {
  unit: string;
  consumers: readonly PendingConsumer[];
  /** For a step: the row after which the next step begins. Absent for the last step and for parts. */
  end?: string | undefined;
  /** Whether no claim was written for it: it is the only step of its topic, and its results are one record. */
  unclaimed?: boolean;
}

const NOTHING = { consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 0 };

/**
 * Writes the unit's result for each of the offsets into the ledger. `resultOf` returns undefined for an event that has
 * expired: no step follows for it.
 */
export async function settleUnit(
  { ledger }: Pick<FanoutContext, "ledger">,
  { topicId, epoch }: Run,
  offsets: readonly number[],
  { unit, end, unclaimed }: Pick<Unit, "unit" | "end" | "unclaimed">,
  resultOf: (offset: number) => Partial<UnitResult> | undefined,
): Promise<void> {
  if (unclaimed) {
    const results = offsets.map((offset) => ({ ...NOTHING, ...resultOf(offset), offset }));
    await ledger.settleRun({ topicId, epoch, results });
    return;
  }
  const isStep = unitKind(unit) === "step";
  await Promise.all(
    offsets.map((offset) => {
      const found = resultOf(offset);
      const next = found && end;
      const lastStep = isStep && next === undefined;
      const result = { ...NOTHING, ...found, lastStep, ...(next !== undefined && { end: next }) };
      return ledger.settle({ publication: { topicId, epoch, offset }, unit, result });
    }),
  );
}
