import type { StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";

/** SQS meters in steps of 64 KB; payloads beyond this are read from the log instead of travelling along. */
const INLINE_PAYLOAD_BYTES_MAX = 49_152;

/** The events as a message's own, if they are small enough to travel along. */
export function inlineEvents(events: readonly StoredEvent[]): { events?: readonly StoredEvent[] } {
  let bytes = 0;
  for (const { json, publicationId } of events) {
    bytes += utf8Length(json) + publicationId.length + 100;
    if (bytes > INLINE_PAYLOAD_BYTES_MAX) return {};
  }
  return { events };
}
