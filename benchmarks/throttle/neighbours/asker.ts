import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

export interface Asked {
  /** Undefined if no response came in time. */
  latencyMs: number | undefined;
  /** How many tries the account's rate refused. */
  refused: number;
}

const RETRY_MS = 100;
const PATIENCE_MS = 20_000;

/** Sends one SUBSCRIBE after the other on one connection, as a client does that is a neighbour of the fan-out. */
export async function connectAsker(websocketUrl: string): Promise<{ ask(): Promise<Asked> }> {
  const socket = new WebSocket(websocketUrl);
  await once(socket, "open");
  let asked = 0;

  /** Resolves with the response to one try: SUBSCRIBED, or an error of API Gateway, which names no request. */
  async function attempt(
    requestId: string,
    signal: AbortSignal,
  ): Promise<{ type?: string; message?: string }> {
    socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId: "neighbour", requestId }));
    for (;;) {
      const [bytes] = await once(socket, "message", { signal });
      const response = JSON.parse(String(bytes)) as { requestId?: string; type?: string; message?: string };
      if (response.requestId === requestId || response.type === undefined) return response;
    }
  }

  return {
    async ask() {
      const requestId = `ask-${asked++}`;
      const startedMs = performance.now();
      const signal = AbortSignal.timeout(PATIENCE_MS);
      let refused = 0;
      try {
        while ((await attempt(requestId, signal)).type !== "SUBSCRIBED") {
          refused += 1;
          await delay(RETRY_MS, undefined, { signal });
        }
        return { latencyMs: performance.now() - startedMs, refused };
      } catch (error) {
        if (signal.aborted) return { latencyMs: undefined, refused };
        throw error;
      }
    },
  };
}
