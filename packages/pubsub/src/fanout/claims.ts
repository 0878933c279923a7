import type { PageExtent } from "../ports.ts";
import type { FanoutContext } from "./worker.ts";

export interface Claims {
  /** Offsets whose work is ours, claimed now for the first time. */
  fresh: number[];
  /** Offsets whose first worker is gone; the extent says what it had begun. */
  takenOver: { offset: number; extent?: PageExtent; claimedAtMs: number }[];
  /** Offsets that another worker is at. */
  leased: number[];
}

/** Claims one unit of work for each of the offsets; what is done already is left out. */
export async function claimUnit(
  { ledger, clock, leaseUntilMs, observe }: FanoutContext,
  {
    topicId,
    epoch,
    offsets,
    unit,
  }: { topicId: string; epoch: string; offsets: readonly number[]; unit: string },
  extent?: PageExtent,
): Promise<Claims> {
  const claims: Claims = { fresh: [], takenOver: [], leased: [] };
  const nowMs = clock.now();
  const outcomes = await Promise.all(
    offsets.map((offset) =>
      ledger.claim({
        publication: { topicId, epoch, offset },
        unit,
        leaseUntilMs,
        nowMs,
        ...(extent && { extent }),
      }),
    ),
  );
  offsets.forEach((offset, index) => {
    const claim = outcomes[index];
    if (claim?.outcome === "claimed") claims.fresh.push(offset);
    else if (claim?.outcome === "taken-over") claims.takenOver.push({ ...claim, offset });
    else if (claim) {
      if (claim.outcome === "leased") claims.leased.push(offset);
      observe({ event: "unit-skipped", topicId, epoch, offset, unit, why: claim.outcome });
    }
  });
  return claims;
}
