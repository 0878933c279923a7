/** The message that the page sends to the server. Both check the same limits, in UTF-16 units. */
export interface ChatMessage {
  name: string;
  text: string;
}

export const NAME_LENGTH_MAX = 40;
export const TEXT_LENGTH_MAX = 2_000;

export const ROOM_PATTERN: RegExp = /^[\w.-]{1,64}$/;

/** Reads any data that was published to the topic, also if it is not a chat message. */
export function readMessage(data: unknown): ChatMessage {
  const { name, text } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  return {
    name: typeof name === "string" && name !== "" ? name.slice(0, NAME_LENGTH_MAX) : "anonymous",
    text: (typeof text === "string" ? text : (JSON.stringify(data) ?? "")).slice(0, TEXT_LENGTH_MAX),
  };
}
