import { isEpoch } from "../../core/log/epoch.ts";
import type { Position } from "../../core/types.ts";
import { type Item, readNumber, readText } from "./attributes.ts";

/** An idempotency record. */
export interface PublicationRecord extends Position {
  /**
   * `written`: the event is at this position. `intended`: it may be, or may still be written there, or never because
   * another event is there.
   */
  state: "written" | "intended";
  expiresAtSeconds: number;
}

/** A record whose event has to be looked at. */
export type Intent = PublicationRecord & { state: "intended" };

/**
 * An intent keeps its offset in another attribute. Versions that do not know intents then take the offset for contended,
 * and not the publication for a duplicate whose event perhaps does not exist.
 */
export const OFFSET_ATTRIBUTE = { written: "offset", intended: "intendedOffset" } as const;

/** Returns undefined for a malformed record. */
export function readRecord(item: Item | undefined): PublicationRecord | undefined {
  const epoch = readText(item, "epoch");
  const written = readNumber(item, OFFSET_ATTRIBUTE.written);
  const offset = written ?? readNumber(item, OFFSET_ATTRIBUTE.intended);
  const state = written === undefined ? "intended" : "written";
  if (epoch === undefined || offset === undefined) return undefined;
  // An intent's epoch becomes part of keys
  if (state === "intended" && !isEpoch(epoch)) return undefined;
  return { state, epoch, offset, expiresAtSeconds: readNumber(item, "expiresAt") ?? 0 };
}

export const isIntent = (record: PublicationRecord | undefined): record is Intent =>
  record?.state === "intended";
