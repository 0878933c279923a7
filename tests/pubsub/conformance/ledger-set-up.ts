import type {
  ClaimOutcome,
  FanoutLedger,
  LedgerRow,
  UnitResult,
} from "../../../packages/pubsub/src/core/ports.ts";
import type { Publication } from "../../../packages/pubsub/src/core/types.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { collect } from "../../support/samples.ts";

export const LEASE_MS = 30_000;

export type SetUpLedger = () => Promise<{
  clock: ManualClock;
  ledger: FanoutLedger;
  /** A publication that no other test uses. */
  publication: Publication;
  /** Claims the unit from now, for `LEASE_MS`. */
  claim(unit: string, options?: { about?: Publication }): Promise<ClaimOutcome>;
}>;

export const resultOf = (changes: Partial<UnitResult> = {}): UnitResult => ({
  consumers: 10,
  delivered: 6,
  gone: 1,
  retried: 2,
  handedOn: 3,
  lastStep: true,
  ...changes,
});

/** Returns the rows without the fields that an adapter may leave out. */
export async function rowsWithoutTimes(ledger: FanoutLedger, publication: Publication): Promise<LedgerRow[]> {
  return (await collect(ledger.rows(publication))).map((row): LedgerRow => {
    if (row.row === "abandoned") return { row: "abandoned", unit: row.unit, count: row.count };
    const { claimedAtMs: _, doneAtMs: __, ...rest } = row;
    return rest;
  });
}
