/** What is needed of a WebSocket: the browser's, Node's and that of `ws` are all this. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** `message` events have `data`, `close` events `code` and `reason`. */
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void;
}

export interface WebSocketConstructor {
  new (url: string, protocols?: string | string[]): WebSocketLike;
}

/**
 * Close codes after which connecting again would end the same way. All others, and connections that end without a
 * code, are tried again.
 *
 * | code      | meaning                                            |
 * | --------- | -------------------------------------------------- |
 * | 1008      | policy violation: the server does not want us      |
 * | 4400–4499 | an application's own refusal, as 400–499 of HTTP   |
 *
 * A handshake that `$connect` refuses has no code of its own (1006), so it is tried again, with a new `getUrl`.
 */
export const isFatalCloseCode = (code: number): boolean => code === 1008 || (code >= 4400 && code <= 4499);
