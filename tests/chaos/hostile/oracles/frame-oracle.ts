/** An independent implementation of docs/protocol.md for client messages. It shares no code with the decoder. */

const MAX_FRAME_BYTES = 32_768;
const MAX_ID_BYTES = 512;
const MAX_REQUEST_ID_CHARACTERS = 128;
const MAX_TOPICS_PER_PING = 100;
const MAX_TOKEN_CHARACTERS = 4_096;

export function isClientFrame(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_FRAME_BYTES) return false;
  const frame = parseObject(text);
  if (!frame) return false;
  const { requestId, nonce } = frame;
  if (has(frame, "requestId") && !isRequestId(requestId)) return false;
  if (has(frame, "nonce") && !isNonce(nonce)) return false;
  switch (frame.action) {
    case "PING":
      return !has(frame, "positions") || arePositions(frame.positions);
    case "UNSUBSCRIBE":
      return isId(frame.topicId);
    case "SUBSCRIBE":
      return (
        isId(frame.topicId) &&
        (!has(frame, "format") || ["data", "event"].some((format) => format === frame.format)) &&
        (!has(frame, "since") || isPosition(frame.since)) &&
        (!has(frame, "last") || isCountOfEvents(frame.last)) &&
        (!has(frame, "latest") || frame.latest === true) &&
        (!has(frame, "token") || isToken(frame.token))
      );
    case "PUBLISH":
      return (
        isId(frame.topicId) &&
        has(frame, "data") &&
        (!has(frame, "publicationId") || isId(frame.publicationId)) &&
        (!has(frame, "token") || isToken(frame.token))
      );
    default:
      return false;
  }
}

/** Returns whether a value is 1 to 512 bytes of UTF-8 without control characters and without half a surrogate pair. */
export const isId = (value: unknown): value is string =>
  typeof value === "string" &&
  value !== "" &&
  Buffer.byteLength(value) <= MAX_ID_BYTES &&
  isUnicode(value) &&
  ![...value].some((character) => /\p{Cc}/u.test(character));

const isRequestId = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= MAX_REQUEST_ID_CHARACTERS && isUnicode(value);

export const isNonce = (value: unknown): boolean =>
  typeof value === "string" &&
  value.length >= 7 &&
  value.length <= 64 &&
  [...value].every((character) => /[A-Za-z0-9._-]/.test(character));

const isToken = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= MAX_TOKEN_CHARACTERS;

const isUnicode = (value: string): boolean => !/\p{Surrogate}/u.test(value);

function arePositions(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const topics = Object.keys(value);
  return (
    topics.length <= MAX_TOPICS_PER_PING &&
    topics.every((topic) => isId(topic) && isPosition(Object.getOwnPropertyDescriptor(value, topic)?.value))
  );
}

function isPosition(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value) || has(value, "__proto__"))
    return false;
  const { epoch, offset } = value as Record<string, unknown>;
  return isId(epoch) && isOffset(offset);
}

export const isOffset = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= 2 ** 53 - 1 && value % 1 === 0;

const isCountOfEvents = (value: unknown): boolean => isOffset(value) && value >= 1 && value <= 1_000;

const has = (value: object, name: string): boolean => Object.getOwnPropertyNames(value).includes(name);

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && !has(value, "__proto__") ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
