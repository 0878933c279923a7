import type { ChatMessage } from "./message.ts";

/**
 * Publishes through the back end, which is a middleware of the dev server here: browsers do not publish through the
 * WebSocket. Throws an error whose message the page can show.
 */
export async function publish(message: ChatMessage & { room: string; publicationId: string }): Promise<void> {
  const response = await fetch("/api/publish", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
  }).catch((cause: unknown) => {
    throw new Error("Not sent: the server cannot be reached.", { cause });
  });
  if (response.ok) return;
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  throw new Error(`Not sent: ${error ?? `the server responded with ${response.status}`}.`);
}
