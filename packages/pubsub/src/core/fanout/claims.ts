import type { StepPlan } from "../ports.ts";
import type { FanoutContext } from "./worker.ts";

export interface Claims {
  /** Offsets whose unit is this worker's now. */
  claimed: number[];
  /** How the worker that claimed it before cut the step, if it did. */
  plans: Map<number, StepPlan>;
  /** Offsets whose unit is done, and the row where the unit ended if it is a step that another one follows. */
  done: { offset: number; end?: string }[];
  /** Offsets that another worker holds a lease on. */
  leased: number[];
}

/** Claims one unit of work for each of the offsets. */
export async function claimUnit(
  { ledger, clock, leaseUntilMs, observe }: FanoutContext,
  {
    topicId,
    epoch,
    offsets,
    unit,
  }: { topicId: string; epoch: string; offsets: readonly number[]; unit: string },
): Promise<Claims> {
  const claims: Claims = { claimed: [], plans: new Map(), done: [], leased: [] };
  const nowMs = clock.now();
  const outcomes = await Promise.all(
    offsets.map((offset) =>
      ledger.claim({
        publication: { topicId, epoch, offset },
        unit,
        leaseUntilMs,
        nowMs,
      }),
    ),
  );
  offsets.forEach((offset, index) => {
    const claim = outcomes[index];
    switch (claim?.outcome) {
      case "taken-over":
        if (claim.plan) claims.plans.set(offset, claim.plan);
        claims.claimed.push(offset);
        break;
      case "claimed":
        claims.claimed.push(offset);
        break;
      case "leased":
        claims.leased.push(offset);
        observe({ event: "unit-skipped", topicId, epoch, offset, unit, why: claim.outcome });
        break;
      case "done":
        claims.done.push({ offset, ...(claim.end !== undefined && { end: claim.end }) });
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
