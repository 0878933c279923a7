import { traceField } from "../../core/tracing.ts";
import type { StoredEvent } from "../../core/types.ts";
import { type Item, readFlag, readNumber, readText } from "./attributes.ts";
import { readData } from "./data-at-rest.ts";
import { parseEventKey } from "./schema.ts";

/** Decodes the row of an event. Returns undefined for a malformed row, and for a fence. */
export function readEvent(item: Item, nowSeconds: number): StoredEvent | "expired" | undefined {
  const offset = parseEventKey(readText(item, "u") ?? "")?.offset;
  const publicationId = readText(item, "publicationId");
  const expiresAtSeconds = readNumber(item, "expiresAt") ?? 0;
  if (!offset || publicationId === undefined) return undefined;
  if (expiresAtSeconds <= nowSeconds) return "expired";
  const verbatim = readFlag(item, "verbatim") ?? false;
  const data = readData(item, verbatim);
  if (!data) return undefined;
  const publishedAt = readNumber(item, "publishedAt") ?? 0;
  const bytesSoFar = readNumber(item, "bytesSoFar");
  return {
    offset,
    publicationId,
    publishedAt,
    ...data,
    verbatim,
    ...(bytesSoFar !== undefined && { bytesSoFar }),
    ...traceField(readText(item, "traceparent")),
  };
}
