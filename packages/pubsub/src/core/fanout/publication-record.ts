import type { LedgerRow, Ports, UnitTimes } from "../ports.ts";
import type { Publication } from "../types.ts";
import { findEvent, foldLedger, onePerUnit, type PublicationStatus, publicationNotFound } from "./status.ts";
import { type UnitKind, unitKind } from "./units.ts";

/**
 * All that the log and the ledger have about a publication: its event without the data, and each unit of work of its
 * fan-out. Times are in milliseconds since 1970, by the clocks of the publisher and of the workers.
 */
export interface PublicationRecord extends PublicationStatus {
  /** Absent if the log does not have the event any more. */
  publicationId?: string;
  /** Absent if the log does not have the event any more. */
  publishedAt?: number;
  /** Sorted by name, so that a unit comes before those that it handed on. */
  units: RecordedUnit[];
  abandonments: RecordedAbandonment[];
}

/** A unit of work of the fan-out. */
export interface RecordedUnit {
  /** The name contains those of the units that handed this one on: `000001/04fzyo82mvy`. */
  unit: string;
  /** `step`: a step of the dispatch. `part`: consumers that a unit handed on. `dead`: an abandoned part that came back. */
  kind: UnitKind;
  state: "claimed" | "done";
  /** The first claim. Absent for a unit that needed none, such as the only step of a small topic. */
  claimedAt?: number;
  /** Absent until the unit is done, and if an earlier version of this library did it. */
  doneAt?: number;
  /** This and the other counts are 0 until the unit is done. */
  consumers: number;
  delivered: number;
  gone: number;
  retried: number;
  /** How many units this one handed on. */
  handedOn: number;
}

/** Consumers of a unit that were abandoned after the last attempt. */
export interface RecordedAbandonment {
  unit: string;
  consumers: number;
  attempts: number;
  /** Up to five different errors. */
  reason: string;
  /** Absent if the ledger has no time. */
  abandonedAt?: number;
}

/** Throws `PUBLICATION_NOT_FOUND` if neither the log nor the ledger has anything about the publication. */
export async function publicationRecord(
  { log, ledger }: Pick<Ports, "log" | "ledger">,
  publication: Publication,
): Promise<PublicationRecord> {
  const rows: LedgerRow[] = [];
  for await (const row of ledger.rows(publication)) rows.push(row);
  const event = await findEvent(log, publication);
  if (rows.length === 0 && !event) throw publicationNotFound(publication);
  const merged = onePerUnit(rows);
  return {
    ...foldLedger(rows),
    ...(event && { publicationId: event.publicationId, publishedAt: event.publishedAt }),
    units: merged.flatMap(toUnit).sort(byUnit),
    abandonments: merged.flatMap(toAbandonment).sort(byUnit),
  };
}

function toUnit(row: LedgerRow): RecordedUnit[] {
  if (row.row === "abandoned") return [];
  const { unit } = row;
  const named = { unit, kind: unitKind(unit), state: row.row, ...timesOf(row) };
  if (row.row === "claimed") {
    return [{ ...named, consumers: 0, delivered: 0, gone: 0, retried: 0, handedOn: 0 }];
  }
  const { consumers, delivered, gone, retried, handedOn } = row;
  return [{ ...named, consumers, delivered, gone, retried, handedOn }];
}

const timesOf = ({ claimedAtMs, doneAtMs }: UnitTimes): Pick<RecordedUnit, "claimedAt" | "doneAt"> => ({
  ...(claimedAtMs !== undefined && { claimedAt: claimedAtMs }),
  ...(doneAtMs !== undefined && { doneAt: doneAtMs }),
});

function toAbandonment(row: LedgerRow): RecordedAbandonment[] {
  if (row.row !== "abandoned") return [];
  const { unit, count: consumers, attempts = 0, reason = "", abandonedAtMs } = row;
  return [
    { unit, consumers, attempts, reason, ...(abandonedAtMs !== undefined && { abandonedAt: abandonedAtMs }) },
  ];
}

const byUnit = (one: { unit: string }, other: { unit: string }): number =>
  one.unit < other.unit ? -1 : one.unit > other.unit ? 1 : 0;
