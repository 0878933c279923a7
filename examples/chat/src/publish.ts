import type { ChatMessage } from "./message.ts";

/**
 * Browsers cannot publish through the WebSocket: producers are back ends. Ours is the middleware of the dev server.
 * Throws an error whose message is for people.
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
  throw new Error(`Not sent: ${error ?? `the server answered ${response.status}`}.`);
}
