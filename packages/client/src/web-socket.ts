/** The part of a WebSocket that the client uses. The classes of browsers, Node and `ws` have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** `message` events have `data`, and `close` events have `code` and `reason`. */
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void;
}

export interface WebSocketConstructor {
  new (url: string, protocols?: string | string[]): WebSocketLike;
}

/**
 * Returns whether the server would reject a new connection as well. After all other codes, and after connections that
 * end without a code, the client reconnects.
 *
 * | code      | meaning                                            |
 * | --------- | -------------------------------------------------- |
 * | 1008      | policy violation: the server rejects this client   |
 * | 4400–4499 | the application rejects it, as HTTP's 400–499 do   |
 *
 * A handshake that `$connect` rejects has no code of its own (1006). The client tries again, and calls `getUrl` again.
 */
export const isFatalCloseCode = (code: number): boolean => code === 1008 || (code >= 4400 && code <= 4499);
