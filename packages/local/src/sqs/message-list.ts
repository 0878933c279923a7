import { isRecord } from "../options/option-rules.ts";

type Member = "Messages" | "Entries" | "Successful";

/** Returns the messages that the body of a request or a response lists under this name. */
export function messagesAt(body: unknown, member: Member): Record<string, unknown>[] {
  const list = isRecord(body) ? body[member] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
