import type { FanoutContext } from "./worker.ts";

export interface Claims {
  /** Offsets whose work is ours, claimed now for the first time. */
  fresh: number[];
  /** Offsets whose first worker is gone, and the row that its page reached up to (absent: to the end). */
  takenOver: { offset: number; end?: string }[];
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
  end?: string,
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
        end,
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
