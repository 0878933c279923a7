import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import type { Clock, FanoutLedger } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { testClaims } from "./ledger-claims.ts";
import { testLedgerRows } from "./ledger-rows.ts";
import { testLedgerRuns } from "./ledger-runs.ts";
import { LEASE_MS, type SetUpLedger } from "./ledger-set-up.ts";

/** Tests every obligation of `FanoutLedger`. `create` may return the same table to all tests. */
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
      claim: (unit, { about = publication } = {}) => {
        const nowMs = clock.now();
        const lease = { nowMs, leaseUntilMs: nowMs + LEASE_MS };
        return ledger.claim({ publication: about, unit, ...lease });
      },
    };
  };
  describe(`ledger, ${name}`, () => {
    testClaims(setUp);
    testLedgerRows(setUp);
    testLedgerRuns(setUp);
  });
}
