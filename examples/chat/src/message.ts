/** What the page sends and the server takes; both check it against the same bounds, in UTF-16 units. */
export interface ChatMessage {
  name: string;
  text: string;
}

export const NAME_LENGTH_MAX = 40;
export const TEXT_LENGTH_MAX = 2_000;

export const ROOM_PATTERN: RegExp = /^[\w.-]{1,64}$/;

/** Reads what anybody may have published to the topic, chat message or not. */
export function readMessage(data: unknown): ChatMessage {
  const { name, text } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  return {
    name: typeof name === "string" && name !== "" ? name.slice(0, NAME_LENGTH_MAX) : "anonymous",
    text: (typeof text === "string" ? text : (JSON.stringify(data) ?? "")).slice(0, TEXT_LENGTH_MAX),
  };
}
