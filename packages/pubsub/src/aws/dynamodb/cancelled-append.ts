import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import type { AppendOutcome, AppendRequest } from "../../core/ports.ts";
import { kindOfName } from "../sdk/error-table.ts";
import { readNumber, readText } from "./attributes.ts";

type Position = { publicationId: string; epoch: string; offset: number };

/**
 * Reads what the reasons of a cancelled append say about the log. They are in the order of the writes: the events, then
 * the idempotency records. Returns undefined if they decide nothing, because a write was throttled or met another
 * transaction, or is invalid.
 */
export function readCancellation(
  request: AppendRequest,
  reasons: readonly CancellationReason[],
): AppendOutcome | undefined {
  const { events } = request;
  const idempotent = events.filter((event) => event.idempotent);
  const found = events.map((_, index) => readText(reasons[index]?.Item, "publicationId"));
  // This is its own earlier write if a repeat came after the service forgot the first token. A publication id that
  // the caller chose proves nothing, because another process can publish with the same id at the same offset
  const isOurs =
    idempotent.length < events.length &&
    events.every(({ publicationId }, index) => found[index] === publicationId);
  if (isOurs) return { outcome: "appended" };
  const duplicates = idempotent.flatMap(({ publicationId }, index): Position[] => {
    const record = reasons[events.length + index]?.Item;
    const epoch = readText(record, "epoch");
    const offset = readNumber(record, "offset");
    return epoch !== undefined && offset !== undefined ? [{ publicationId, epoch, offset }] : [];
  });
  const isUndecided = reasons.some(({ Code = "None" }) => kindOfName(Code) !== undefined);
  if (isUndecided && !isNotWritten(request, found, duplicates)) return undefined;
  if (duplicates.length > 0) return { outcome: "duplicate", duplicates };
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
