import type { FanoutContext } from "./worker.ts";

export interface Claims {
  /** Offsets that this worker claimed as the first one. */
  fresh: number[];
  /** Offsets whose earlier claim's lease ran out, and the row that its page ended at (absent: the last one). */
  takenOver: { offset: number; end?: string }[];
  /** Offsets that another worker holds a lease on. */
  leased: number[];
}

/** Claims one unit of work for each of the offsets. The result leaves out the offsets that are done already. */
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
    switch (claim?.outcome) {
      case "claimed":
        claims.fresh.push(offset);
        break;
      case "taken-over":
        claims.takenOver.push({ ...claim, offset });
        break;
      case "leased":
        claims.leased.push(offset);
        observe({ event: "unit-skipped", topicId, epoch, offset, unit, why: claim.outcome });
        break;
      case "done":
        observe({ event: "unit-skipped", topicId, epoch, offset, unit, why: claim.outcome });
        break;
      case undefined:
        break;
      default:
        claim satisfies never;
    }
  });
  return claims;
}
