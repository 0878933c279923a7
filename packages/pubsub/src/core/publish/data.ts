import { errorMessage } from "../error-message.ts";
import { describeValue, PubsubError } from "../errors.ts";
import { framesOf } from "../frames.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";

/** A publication's data as the log keeps it. */
export interface EncodedData {
  json: string;
  verbatim: boolean;
}

/** Bytes are the text that they encode. Throws `INVALID_DATA` for what JSON cannot say, and for other bytes. */
export function encodeData(value: unknown): EncodedData {
  const data = isBytes(value) ? textOf(value) : value;
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (cause) {
    throw new PubsubError("INVALID_DATA", `data must be serialisable as JSON: ${errorMessage(cause)}`, {
      cause,
    });
  }
  if (json === undefined) {
    throw new PubsubError("INVALID_DATA", `data must be serialisable as JSON; got ${describeValue(data)}`);
  }
  return { json, verbatim: typeof data === "string" };
}

/** A Buffer too, and one of another realm, as under Jest. Before JSON sees it: its toJSON would make it numbers. */
const isBytes = (value: unknown): value is Uint8Array =>
  Object.prototype.toString.call(value) === "[object Uint8Array]" && ArrayBuffer.isView(value);

/** Every byte is kept, a byte order mark too: the same bytes are posted. */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    // API Gateway posts text only
    const expected =
      "data must be valid UTF-8 if it is a Buffer or Uint8Array (encode other bytes, e.g. as base64)";
    throw new PubsubError("INVALID_DATA", `${expected}; got ${bytes.byteLength} bytes that are not`, {
      cause,
    });
  }
}

/**
 * Throws `PAYLOAD_TOO_LARGE` for what could not be posted. The envelope counts with the most digits its numbers
 * can have, so that what is accepted can be posted at any offset.
 */
export function assertPostable(
  topicId: string,
  epoch: string,
  publicationId: string,
  data: EncodedData,
): void {
  // Each character is at most 3 bytes in UTF-8: most publications need no encoding to be seen to fit
  if (data.json.length * 3 + 4_096 <= MESSAGE_BYTES_MAX) return;
  const event = {
    ...data,
    offset: Number.MAX_SAFE_INTEGER,
    publicationId,
    publishedAt: Number.MAX_SAFE_INTEGER,
  };
  const sizes = (["data", "event"] as const).map((format) =>
    framesOf(format, topicId, epoch, [event]).reduce((sum, frame) => sum + frame.body.byteLength, 0),
  );
  const bytes = Math.max(...sizes);
  if (bytes > MESSAGE_BYTES_MAX) {
    throw new PubsubError(
      "PAYLOAD_TOO_LARGE",
      `data must take at most ${MESSAGE_BYTES_MAX} bytes as sent, envelope included; got ${bytes}`,
      { context: { topicId, publicationId, bytes } },
    );
  }
}
