import { PubsubError } from "../errors.ts";
import type { LedgerRow, Ports, UnitResult } from "../ports.ts";
import type { Publication } from "../types.ts";
import { parentUnit, unitKind } from "./units.ts";

/** The progress of a publication's fan-out, computed from the rows of its ledger. */
export interface PublicationStatus {
  /** `queued`: nothing is posted yet. `complete`: every consumer found is delivered to, gone or abandoned. */
  state: "queued" | "delivering" | "complete";
  /** Consumers whose connection accepted the post. A connection can still lose it: status 200 is no receipt. */
  delivered: number;
  /** Consumers whose connection did not exist any more; their subscriptions were removed. */
  gone: number;
  /** Posts that were made again after a failed one. */
  retried: number;
  /** Consumers that were abandoned after the last attempt, minus those that a redrive tried again. */
  abandoned: number;
  /** Pages of the topic's subscriptions, of up to 1,000 consumers each, that are done. */
  pages: number;
}

export async function publicationStatus(
  { log, ledger }: Pick<Ports, "log" | "ledger">,
  publication: Publication,
): Promise<PublicationStatus> {
  const rows: LedgerRow[] = [];
  for await (const row of ledger.rows(publication)) rows.push(row);
  if (rows.length === 0 && !(await isInLog(log, publication))) {
    throw new PubsubError("PUBLICATION_NOT_FOUND", "no such event in the topic's log, or not any more", {
      context: { ...publication },
    });
  }
  return foldLedger(rows);
}

/** Computes the status. The order of the rows does not matter. */
export function foldLedger(rows: readonly LedgerRow[]): PublicationStatus {
  const status: PublicationStatus = {
    state: "queued",
    delivered: 0,
    gone: 0,
    retried: 0,
    abandoned: 0,
    pages: 0,
  };
  const steps = { done: 0, last: 0, highest: 0 };
  const done = new Map<string, UnitResult>();
  const partsDone = new Map<string, number>();
  const dispatched = new Set<string>();
  let underWay = 0;
  for (const row of rows) {
    if (row.row === "abandoned") status.abandoned += row.count;
    if (row.row === "claimed") underWay += 1;
    if (row.row !== "done") continue;
    status.delivered += row.delivered;
    status.gone += row.gone;
    status.retried += row.retried;
    done.set(row.unit, row);
    const kind = unitKind(row.unit);
    if (kind === "part") add(partsDone, parentUnit(row.unit));
    if (kind === "dead") status.abandoned -= row.consumers;
    if (kind !== "step") continue;
    steps.done += 1;
    steps.highest = Math.max(steps.highest, Number(row.unit));
    if (row.lastStep) steps.last += 1;
    if (isDispatched(row)) dispatched.add(row.unit);
  }
  if (rows.length === 0) return status;
  status.pages = steps.done - dispatched.size;
  for (const unit of dispatched) status.pages += partsDone.get(unit) ?? 0;
  // A step follows each step but the last one. So once all are done, there is a row for every step up to the last one
  const stepsAreDone = steps.last > 0 && steps.done === steps.highest;
  // There can be more parts than expected: a worker may die after handing on, and then the unit is done again
  const partsAreDone = [...done].every(([unit, { handedOn, parts }]) =>
    parts ? parts.every((part) => done.has(`${unit}/${part}`)) : (partsDone.get(unit) ?? 0) >= handedOn,
  );
  const complete = stepsAreDone && partsAreDone && underWay === 0;
  return { ...status, state: complete ? "complete" : "delivering" };
}

/** A step that was sent as parts has no consumers of its own. Each of its parts is a page. */
const isDispatched = ({ consumers, handedOn }: UnitResult): boolean => consumers === 0 && handedOn > 0;

function add(counts: Map<string, number>, unit: string): void {
  counts.set(unit, (counts.get(unit) ?? 0) + 1);
}

async function isInLog(log: Ports["log"], { topicId, epoch, offset }: Publication): Promise<boolean> {
  for await (const event of log.read({ topicId, epoch, after: offset - 1, limit: 1 }))
    return event.offset === offset;
  return false;
}
