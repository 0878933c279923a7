import type { StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";

/** SQS meters a message in steps of 64 KB. Larger payloads stay out of it, and the worker reads them from the log. */
const INLINE_PAYLOAD_BYTES_MAX = 49_152;

/** Returns the events as a field of a message if they are small enough for it, otherwise an empty object. */
export function inlineEvents(events: readonly StoredEvent[]): { events?: readonly StoredEvent[] } {
  let bytes = 0;
  for (const { json, publicationId } of events) {
    bytes += utf8Length(json) + publicationId.length + 100;
    if (bytes > INLINE_PAYLOAD_BYTES_MAX) return {};
  }
  return { events };
}
