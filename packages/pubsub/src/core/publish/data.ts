import { errorMessage } from "../error-message.ts";
import { describeValue, isPubsubError, PubsubError } from "../errors.ts";
import { framesOf } from "../frames.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { NONCE_BYTES_MAX } from "../nonce.ts";
import type { Format } from "../types.ts";
import { describeLossy, describeLost } from "./lossy-data.ts";

/** A publication's data as the log stores it. */
export interface EncodedData {
  json: string;
  verbatim: boolean;
}

/**
 * Encodes data as JSON text. Bytes become the text that they encode. Throws `INVALID_DATA` for a value that JSON cannot
 * represent or would publish without its content, and for bytes that are not UTF-8. Values inside the data follow the
 * rules of `JSON.stringify`.
 */
export function encodeData(value: unknown): EncodedData {
  try {
    const data = isBytes(value) ? textOf(value) : value;
    const lossy = describeLossy(data);
    if (lossy !== undefined) throw notSerialisable(`; got ${lossy}`);
    const json = JSON.stringify(data);
    // TypeScript does not know that it returns undefined for undefined
    const got = json === undefined ? describeValue(data) : describeLost(data, json);
    if (got !== undefined) throw notSerialisable(`; got ${got}`);
    return { json, verbatim: typeof data === "string" };
  } catch (error) {
    if (isPubsubError(error, "INVALID_DATA")) throw error;
    // The data's own code failed: a `toJSON`, a getter, or the trap of a proxy
    throw notSerialisable(`: ${errorMessage(error)}`, error);
  }
}

const notSerialisable = (detail: string, cause?: unknown): PubsubError =>
  new PubsubError("INVALID_DATA", `data must be serialisable as JSON${detail}`, { cause });

/**
 * Also accepts a Buffer, and a Uint8Array of another realm, as under Jest. It must run before `JSON.stringify`, because
 * Buffer's `toJSON` would turn the bytes into numbers.
 */
const isBytes = (value: unknown): value is Uint8Array =>
  Object.prototype.toString.call(value) === "[object Uint8Array]" && ArrayBuffer.isView(value);

/** Keeps every byte, including a byte order mark, so that the same bytes are posted. */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    // API Gateway posts only text
    const expected =
      "data must be valid UTF-8 if it is a Buffer or Uint8Array (encode other bytes, e.g. as base64)";
    throw new PubsubError("INVALID_DATA", `${expected}; got ${bytes.byteLength} bytes that are not`, {
      cause,
    });
  }
}

/**
 * Throws `PAYLOAD_TOO_LARGE` if the data is too large to be posted. The envelope is measured with the longest possible
 * numbers and nonce, so that accepted data can be posted at any offset and to any connection.
 */
export function assertPostable(
  topicId: string,
  epoch: string,
  publicationId: string,
  data: EncodedData,
): void {
  // A UTF-16 unit takes at most 3 bytes in UTF-8. So most publications are known to fit without being encoded
  if (data.json.length * 3 + 4_096 <= MESSAGE_BYTES_MAX) return;
  const event = {
    ...data,
    offset: Number.MAX_SAFE_INTEGER,
    publicationId,
    publishedAt: Number.MAX_SAFE_INTEGER,
  };
  const sizeAs = (format: Format): number =>
    framesOf(format, topicId, epoch, [event]).reduce((sum, frame) => sum + frame.body.byteLength, 0);
  const bytes = Math.max(sizeAs("data"), sizeAs("event") + NONCE_BYTES_MAX);
  if (bytes > MESSAGE_BYTES_MAX) {
    throw new PubsubError(
      "PAYLOAD_TOO_LARGE",
      `data must take at most ${MESSAGE_BYTES_MAX} bytes as sent, envelope included; got ${bytes}`,
      { context: { topicId, publicationId, bytes } },
    );
  }
}
