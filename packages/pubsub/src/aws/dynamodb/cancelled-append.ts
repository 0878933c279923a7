import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import type { AppendOutcome, AppendRequest } from "../../core/ports.ts";
import { kindOfName } from "../sdk/error-table.ts";
import { readText } from "./attributes.ts";
import { type Intent, isIntent, readRecord } from "./publication-record.ts";

/** The append met records of its publications that do not say whether their events were written. Nothing was written. */
export interface FoundIntents {
  outcome: "intended";
  /** By publication id. */
  intents: ReadonlyMap<string, Intent>;
}

type Position = { publicationId: string; epoch: string; offset: number };

/**
 * Reads what the reasons of a cancelled append say about the log. They are in the order of the writes: the events, then
 * the idempotency records. Returns undefined if they decide nothing, because a write was throttled or met another
 * transaction, or is invalid.
 */
export function readCancellation(
  request: AppendRequest,
  reasons: readonly CancellationReason[],
): AppendOutcome | FoundIntents | undefined {
  const { events } = request;
  const idempotent = events.filter((event) => event.idempotent);
  const found = events.map((_, index) => readText(reasons[index]?.Item, "publicationId"));
  // This is its own earlier write if a repeat came after the service forgot the first token. A publication id that
  // the caller chose proves nothing, because another process can publish with the same id at the same offset
  const isOurs =
    idempotent.length < events.length &&
    events.every(({ publicationId }, index) => found[index] === publicationId);
  if (isOurs) return { outcome: "appended" };
  const intents = new Map<string, Intent>();
  const duplicates = idempotent.flatMap(({ publicationId }, index): Position[] => {
    const record = readRecord(reasons[events.length + index]?.Item);
    if (isIntent(record)) intents.set(publicationId, record);
    return record?.state === "written" ? [{ publicationId, epoch: record.epoch, offset: record.offset }] : [];
  });
  const isUndecided = reasons.some(({ Code = "None" }) => kindOfName(Code) !== undefined);
  // An intent shows that this append was not made: it would have replaced it by a record of its own
  if (isUndecided && intents.size === 0 && !isNotWritten(request, found, duplicates)) return undefined;
  if (duplicates.length > 0) return { outcome: "duplicate", duplicates };
  if (intents.size > 0) return { outcome: "intended", intents };
  const isConflict = reasons.some(({ Code }) => Code === "ConditionalCheckFailed");
  return isConflict ? { outcome: "conflict" } : undefined;
}

/**
 * Returns whether the items that were found prove that this append was not made before. Only then may the events that
 * are not known to be duplicates be appended at another place. Another event at one of the offsets is a proof, and so
 * is a record of another position. A record of this append's own position can be its own, if a response was lost. If
 * all events have records, each of them is found at the next place, so an earlier write does no harm.
 */
function isNotWritten(
  { epoch, offset, events }: AppendRequest,
  found: readonly (string | undefined)[],
  duplicates: readonly Position[],
): boolean {
  if (events.some(({ publicationId }, index) => (found[index] ?? publicationId) !== publicationId))
    return true;
  const offsets = new Map(events.map(({ publicationId }, index) => [publicationId, offset + index]));
  const isElsewhere = (position: Position): boolean =>
    position.epoch !== epoch || position.offset !== offsets.get(position.publicationId);
  if (duplicates.some(isElsewhere)) return true;
  return duplicates.length > 0 && events.every((event) => event.idempotent);
}
