/** What a publication of the room contains. Page and server check the same limits, in UTF-16 units. */
export interface ChatMessage {
  name: string;
  text: string;
}

export const NAME_LENGTH_MAX = 40;
export const TEXT_LENGTH_MAX = 2_000;

export const ROOM_PATTERN: RegExp = /^[\w.-]{1,64}$/;

/** Returns what is wrong with data that a client publishes, or nothing. The client sees the text. */
export function problemWith(data: unknown): string | undefined {
  const { name, text, ...others } = fieldsOf(data);
  if (Object.keys(others).length > 0) return "a message has a name and a text, and nothing else";
  if (!isTextOf(name, NAME_LENGTH_MAX)) return `the name must have 1 to ${NAME_LENGTH_MAX} characters`;
  if (!isTextOf(text, TEXT_LENGTH_MAX)) return `the text must have 1 to ${TEXT_LENGTH_MAX} characters`;
  return undefined;
}

/** Reads any data of the topic, also if it is not a chat message: other producers may publish, too. */
export function readMessage(data: unknown): ChatMessage {
  const { name, text } = fieldsOf(data);
  return {
    name: isTextOf(name, Number.POSITIVE_INFINITY) ? name.slice(0, NAME_LENGTH_MAX) : "anonymous",
    text: (typeof text === "string" ? text : (JSON.stringify(data) ?? "")).slice(0, TEXT_LENGTH_MAX),
  };
}

const fieldsOf = (data: unknown): Record<string, unknown> =>
  typeof data === "object" && data !== null ? { ...data } : {};

const isTextOf = (value: unknown, lengthMax: number): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= lengthMax;
