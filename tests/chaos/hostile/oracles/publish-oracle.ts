import { isClientFrame } from "./frame-oracle.ts";

/** What a PUBLISH must lead to. */
export type Due =
  | { outcome: "published"; isAnswered: boolean }
  | { outcome: "invalid" | "FORBIDDEN" | "AUTHORIZE_FAILED" | "INVALID_DATA" | "VALIDATE_FAILED" };

/** The rules of the hooks of the surface `publish`, and of docs/protocol.md, without the code of either. */
export function duePublish(text: string): Due {
  if (!isClientFrame(text)) return { outcome: "invalid" };
  const { action, topicId, token, data, requestId } = JSON.parse(text) as Record<string, unknown>;
  if (action !== "PUBLISH") throw new Error(`the inputs must be publications; got ${String(action)}`);
  if (token === "throws") return { outcome: "AUTHORIZE_FAILED" };
  if (token !== "may-publish" || topicId !== "room-1") return { outcome: "FORBIDDEN" };
  if (data === null) return { outcome: "VALIDATE_FAILED" };
  if (typeof data !== "object") return { outcome: "INVALID_DATA" };
  return { outcome: "published", isAnswered: requestId !== undefined };
}
