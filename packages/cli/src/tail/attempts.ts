import type { PubsubClientError } from "lambda-websocket-pubsub-client";
import { WebSocket } from "ws";

/** Follows the client's attempts to connect. The client only knows that a connection was closed; `ws` knows why. */
export interface Attempts {
  webSocket: typeof WebSocket;
  /** Returns the error as a line, or undefined if the attempt before it failed in the same way. */
  explain(error: PubsubClientError): string | undefined;
  succeeded(): void;
}

export function createAttempts(url: string): Attempts {
  let why: string | undefined;
  let said: string | undefined;
  // The query may have a token
  const { origin, pathname } = new URL(url);

  class Attempt extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      this.on("error", (error: NodeJS.ErrnoException) => {
        why = error.message || error.code;
      });
    }
  }

  return {
    webSocket: Attempt as typeof WebSocket,
    explain({ code, message }) {
      if (code !== "CONNECT_FAILED") return `${code}: ${message}`;
      const text = `${code}: ${origin}${pathname}: ${why ?? message}. It tries again until Ctrl-C`;
      if (text === said) return undefined;
      said = text;
      return text;
    },
    succeeded() {
      said = undefined;
    },
  };
}
