import { deflateSync, inflateSync } from "node:zlib";
import { isJson } from "../../core/json.ts";
import { MESSAGE_BYTES_MAX } from "../../core/limits.ts";
import { bytes, type Item, readBytes, readText, text } from "./attributes.ts";

/** DynamoDB bills a write by started kilobytes, so that smaller data has little to save. It is stored as it is. */
const SMALL_BYTES_MAX = 1_024;

/** Our own limit: data is stored compressed if that takes at most this share of it. */
const COMPRESSED_SHARE_MAX = 0.8;

/**
 * The longest JSON text of any publication, and so the most that a row may inflate to: 128 KB can be made of 140 bytes,
 * and a row is untrusted input.
 */
const JSON_BYTES_MAX = MESSAGE_BYTES_MAX;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface DataAtRest {
  json: string;
  /** As in `StoredEvent`. */
  bytesAtRest?: number;
}

/**
 * Returns the attributes that keep an event's data: `deflated`, in zlib's format, for large data that gets smaller by a
 * fifth or more, and otherwise `json`. It compresses at the default level, in this thread: 20 KB take 0.2 ms and 128 KB
 * 3 ms, and with zlib's threads small data would take five times the CPU time (docs/decisions/0033).
 */
export function dataAttributes(json: string, compress: boolean): Item {
  const length = compress ? Buffer.byteLength(json) : 0;
  if (length > SMALL_BYTES_MAX && length <= JSON_BYTES_MAX) {
    const deflated = deflateSync(json);
    if (deflated.byteLength <= COMPRESSED_SHARE_MAX * length) return { deflated: bytes(deflated) };
  }
  return { json: text(json) };
}

/** Returns an event's data, or undefined if it is malformed: data that is not JSON would break its whole message. */
export function readData(item: Item, verbatim: boolean): DataAtRest | undefined {
  const json = readText(item, "json");
  const data = json === undefined ? inflated(readBytes(item, "deflated")) : { json };
  return data && isJson(data.json, verbatim) ? data : undefined;
}

function inflated(deflated: Uint8Array | undefined): DataAtRest | undefined {
  if (deflated === undefined) return undefined;
  try {
    const json = decoder.decode(inflateSync(deflated, { maxOutputLength: JSON_BYTES_MAX }));
    return { json, bytesAtRest: deflated.byteLength };
  } catch {
    return undefined;
  }
}
