/** docs/protocol.md once more, sharing no code with the decoder: what a client may send. */

const FRAME_BYTES_MAX = 32_768;
const ID_BYTES_MAX = 512;
const REQUEST_ID_CHARACTERS_MAX = 128;
const TOPICS_A_PING_MAX = 100;
const TOKEN_CHARACTERS_MAX = 4_096;

export function isClientFrame(text: string): boolean {
  if (Buffer.byteLength(text) > FRAME_BYTES_MAX) return false;
  const frame = parseObject(text);
  if (!frame) return false;
  const { requestId } = frame;
  if (has(frame, "requestId") && !isRequestId(requestId)) return false;
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
        (!has(frame, "token") || isToken(frame.token))
      );
    default:
      return false;
  }
}

/** 1 to 512 bytes of UTF-8 without control characters; half a surrogate pair has no UTF-8. */
export const isId = (value: unknown): value is string =>
  typeof value === "string" &&
  value !== "" &&
  Buffer.byteLength(value) <= ID_BYTES_MAX &&
  isUnicode(value) &&
  ![...value].some((character) => /\p{Cc}/u.test(character));

const isRequestId = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= REQUEST_ID_CHARACTERS_MAX && isUnicode(value);

const isToken = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && value.length <= TOKEN_CHARACTERS_MAX;

const isUnicode = (value: string): boolean => !/\p{Surrogate}/u.test(value);

function arePositions(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const topics = Object.keys(value);
  return (
    topics.length <= TOPICS_A_PING_MAX &&
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
