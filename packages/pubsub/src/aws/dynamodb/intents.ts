import type { AppendOutcome, AppendRequest, Clock } from "../../core/ports.ts";
import type { Position } from "../../core/types.ts";
import { unlessThrottled, untilConclusive, WRITE_LIMITS } from "../sdk/until-conclusive.ts";
import { readText, text } from "./attributes.ts";
import { GetItemCommand } from "./commands.ts";
import type { Intent } from "./publication-record.ts";
import { eventKey, topicKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

/** The intents that an append may replace by its own records, by publication id. */
export interface Replacing {
  outcome: "replacing";
  intents: ReadonlyMap<string, Intent>;
  /** Positions where no event is, that the append must occupy. They differ. */
  fences: readonly Position[];
}

export const NOTHING_REPLACED: Replacing = { outcome: "replacing", intents: new Map(), fences: [] };

/**
 * Decides what the intents of earlier appends of these publications mean for this one. If an intent's event was written,
 * the publication is a duplicate. Otherwise the intent may move, but only if its event can't be written any more where it
 * was intended: because another event is there, or this append writes one there, or this append fences the position. A
 * position needs a fence if its epoch has ended, or if the event that was there has expired and was deleted.
 *
 * An intent never moves backwards: if it is after this append's place, the place is not the end of the log.
 */
export async function settleIntents(
  table: DynamodbTable,
  clock: Clock,
  request: AppendRequest,
  intents: ReadonlyMap<string, Intent>,
): Promise<AppendOutcome | Replacing> {
  const looks = [...intents].map(async ([publicationId, intent]) => {
    const occupant = await occupantOf(table, clock, request.topicId, intent);
    return { publicationId, intent, occupant };
  });
  const all = await Promise.all(looks);
  const own = all.filter(({ publicationId, occupant }) => occupant === publicationId);
  if (own.length > 0) {
    const duplicates = own.map(({ publicationId, intent: { epoch, offset } }) => {
      return { publicationId, epoch, offset };
    });
    return { outcome: "duplicate", duplicates };
  }
  const fences = new Map<string, Position>();
  for (const { intent, occupant } of all) {
    const where = compareToPlace(intent, request);
    if (where === "after" || (where === "within" && occupant !== undefined)) return { outcome: "conflict" };
    if (where === "before" && occupant === undefined)
      fences.set(eventKey(intent.epoch, intent.offset), intent);
  }
  return { outcome: "replacing", intents, fences: [...fences.values()] };
}

export const merged = (earlier: Replacing, later: Replacing): Replacing => ({
  outcome: "replacing",
  intents: new Map([...earlier.intents, ...later.intents]),
  fences: [
    ...new Map(
      [...earlier.fences, ...later.fences].map((fence) => [eventKey(fence.epoch, fence.offset), fence]),
    ).values(),
  ],
});

/** Returns the publication id of the event at a position, an empty one for an item without, and undefined for no item. */
async function occupantOf(
  { client, tableName }: DynamodbTable,
  clock: Clock,
  topicId: string,
  { epoch, offset }: Position,
): Promise<string | undefined> {
  const get = new GetItemCommand({
    TableName: tableName,
    Key: { p: text(topicKey(topicId)), u: text(eventKey(epoch, offset)) },
    ConsistentRead: true,
    ProjectionExpression: "u, publicationId",
  });
  const { Item: item } = await untilConclusive(clock, WRITE_LIMITS, () =>
    unlessThrottled("STORAGE_FAILED", "GetItem", () => client.send(get)),
  );
  return item && (readText(item, "publicationId") ?? "");
}

/** Says where a position is, seen from the places that an append is about to fill. */
function compareToPlace(
  { epoch, offset }: Position,
  place: Pick<AppendRequest, "epoch" | "offset" | "events">,
): "before" | "within" | "after" {
  if (epoch !== place.epoch) return epoch < place.epoch ? "before" : "after";
  if (offset < place.offset) return "before";
  return offset < place.offset + place.events.length ? "within" : "after";
}
