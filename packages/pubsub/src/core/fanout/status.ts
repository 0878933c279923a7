import { PubsubError } from "../errors.ts";
import type { LedgerRow, Ports, UnitResult } from "../ports.ts";
import type { Publication, StoredEvent } from "../types.ts";
import { parentUnit, unitKind } from "./units.ts";

/** The progress of a publication's fan-out, computed from the rows of its ledger. */
export interface PublicationStatus {
  /** `queued`: nothing is posted yet. `complete`: every consumer found is delivered to, gone or abandoned. */
  state: "queued" | "delivering" | "complete";
  /**
   * Consumers whose connection accepted the post. A connection can still lose it: status 200 is no receipt. A subscription
   * with `latest` counts as soon as its connection accepted this event, or a newer one that was posted together with it.
   */
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
  if (rows.length === 0 && !(await findEvent(log, publication))) throw publicationNotFound(publication);
  return foldLedger(rows);
}

export const publicationNotFound = (publication: Publication): PubsubError =>
  new PubsubError("PUBLICATION_NOT_FOUND", "no such event in the topic's log, or not any more", {
    context: { ...publication },
  });

/** Computes the status. The order of the rows does not matter. */
export function foldLedger(all: readonly LedgerRow[]): PublicationStatus {
  const rows = onePerUnit(all);
  const status: PublicationStatus = {
    state: "queued",
    delivered: 0,
    gone: 0,
    retried: 0,
    abandoned: 0,
    pages: 0,
  };
  const steps = new Set<number>();
  const claimedSteps = new Set<number>();
  let lastStep = Number.POSITIVE_INFINITY;
  const done = new Map<string, UnitResult>();
  const partsDone = new Map<string, number>();
  const dispatched = new Set<string>();
  let underWay = 0;
  for (const row of rows) {
    if (row.row === "abandoned") status.abandoned += row.count;
    const kind = unitKind(row.unit);
    if (row.row === "claimed" && kind === "step") claimedSteps.add(Number(row.unit));
    else if (row.row === "claimed") underWay += 1;
    if (row.row !== "done") continue;
    status.delivered += row.delivered;
    status.gone += row.gone;
    status.retried += row.retried;
    done.set(row.unit, row);
    if (kind === "part") add(partsDone, parentUnit(row.unit));
    if (kind === "dead") status.abandoned -= row.consumers;
    if (kind !== "step") continue;
    steps.add(Number(row.unit));
    if (row.lastStep) lastStep = Math.min(lastStep, Number(row.unit));
    if (isDispatched(row)) dispatched.add(row.unit);
  }
  if (rows.length === 0) return status;
  status.pages = steps.size - dispatched.size;
  for (const unit of dispatched) status.pages += partsDone.get(unit) ?? 0;
  // A step follows each step but the last one. What a worker that died had begun after that one is not needed any more
  const stepsAreDone = [...steps].filter((step) => step <= lastStep).length === lastStep;
  // There can be more parts than expected: a worker may die after handing on, and then the unit is done again
  const partsAreDone = [...done].every(([unit, { handedOn, parts }]) =>
    parts ? parts.every((part) => done.has(`${unit}/${part}`)) : (partsDone.get(unit) ?? 0) >= handedOn,
  );
  const stepsWait = [...claimedSteps].some((step) => step <= lastStep);
  const complete = stepsAreDone && !stepsWait && partsAreDone && underWay === 0;
  return { ...status, state: complete ? "complete" : "delivering" };
}

/**
 * Returns one row for each unit. A step can have two: a claim or a result of its own, and a result in the record of a run,
 * if its topic needed a claim at one delivery of its message and none at another.
 */
export function onePerUnit(rows: readonly LedgerRow[]): LedgerRow[] {
  const units = new Map<string, LedgerRow>();
  for (const row of rows) {
    const key = `${row.row === "abandoned"} ${row.unit}`;
    const other = units.get(key);
    if (!other || rankOf(row) > rankOf(other)) units.set(key, row);
  }
  return [...units.values()];
}

/** A last step counts before one that others follow, and of two results the one that waits for more parts. */
const rankOf = (row: LedgerRow): number =>
  row.row === "done" ? 1 + (row.lastStep ? 1e12 : 0) + row.handedOn * 1e6 + row.delivered : 0;

/** A step that was sent as parts has no consumers of its own. Each of its parts is a page. */
const isDispatched = ({ consumers, handedOn }: UnitResult): boolean => consumers === 0 && handedOn > 0;

function add(counts: Map<string, number>, unit: string): void {
  counts.set(unit, (counts.get(unit) ?? 0) + 1);
}

/** Returns the event as the log still has it. */
export async function findEvent(
  log: Ports["log"],
  { topicId, epoch, offset }: Publication,
): Promise<StoredEvent | undefined> {
  for await (const event of log.read({ topicId, epoch, after: offset - 1, limit: 1 }))
    return event.offset === offset ? event : undefined;
  return undefined;
}
