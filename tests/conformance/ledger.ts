import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import { nextEpoch } from "../../packages/pubsub/src/log/epoch.ts";
import type {
  ClaimOutcome,
  Clock,
  FanoutLedger,
  PageExtent,
  UnitResult,
} from "../../packages/pubsub/src/ports.ts";
import type { Publication } from "../../packages/pubsub/src/types.ts";
import { createManualClock, type ManualClock } from "../support/manual-clock.ts";
import { testClaims } from "./ledger-claims.ts";
import { testLedgerRows } from "./ledger-rows.ts";

/** Every obligation of `FanoutLedger`; `create` may give the same table to all of the tests. */
export function describeLedgerConformance(
  name: string,
  create: (clock: Clock) => Promise<FanoutLedger>,
): void {
  const setUp: SetUpLedger = async () => {
    const clock = createManualClock();
    const ledger = await create(clock);
    const epoch = nextEpoch(clock.now(), undefined);
    const publication = { topicId: `topic-${randomUUID()}`, epoch, offset: 1 };
    return {
      clock,
      ledger,
      publication,
      claim: (unit, { extent, about = publication } = {}) => {
        const nowMs = clock.now();
        const lease = { nowMs, leaseUntilMs: nowMs + LEASE_MS };
        return ledger.claim({ publication: about, unit, ...lease, ...(extent && { extent }) });
      },
    };
  };
  describe(`ledger, ${name}`, () => {
    testClaims(setUp);
    testLedgerRows(setUp);
  });
}

export const LEASE_MS = 30_000;

export type SetUpLedger = () => Promise<{
  clock: ManualClock;
  ledger: FanoutLedger;
  /** Nobody else's. */
  publication: Publication;
  /** Claims from now on, for as long as `LEASE_MS`. */
  claim(unit: string, options?: { extent?: PageExtent; about?: Publication }): Promise<ClaimOutcome>;
}>;

export const resultOf = (changes: Partial<UnitResult> = {}): UnitResult => ({
  consumers: 10,
  delivered: 6,
  gone: 1,
  retried: 2,
  handedOn: 3,
  lastPage: true,
  ...changes,
});
