import type { Position } from "./topic-event.ts";

/**
 * The error codes, and where each error appears. `onError` is the client's option, `onEnd` that of `subscribe`.
 *
 * | code                 | appears in                             | raised when                                              |
 * | -------------------- | -------------------------------------- | -------------------------------------------------------- |
 * | `INVALID_ARGUMENT`   | the call, which throws it; `publish`   | an argument or option has the wrong type, shape or range |
 * | `CLOSED`             | `ready`, `onEnd`, `publish`            | the subscription ended, or the client was closed         |
 * | `REFUSED`            | `ready`, `onEnd`, `events`, `onError`, | the server rejects this subscription, also if it retries |
 * |                      | `publish`                              |                                                          |
 * | `CONNECTION_REFUSED` | `ready`, `onEnd`, `events`, `onError`, | the server sent a fatal close code, or disconnected this |
 * |                      | `publish`                              | client; the client closes                                |
 * | `CONNECT_FAILED`     | `onError`                              | a connection attempt failed; another one follows         |
 * | `SERVER_ERROR`       | `onError`, `publish`                   | the server or API Gateway sent another error; retried    |
 * | `UNKNOWN_FRAME`      | `onError`                              | a message is no frame of the server to this connection   |
 * | `CALLBACK_FAILED`    | `onError`                              | a callback threw or rejected; `cause` has its error      |
 * | `LOAD_FAILED`        | `onError`                              | `load` failed, was slow or had no position; repeated     |
 * | `QUEUE_FULL`         | `publish`                              | too many publications wait; nothing was sent             |
 * | `UNCONFIRMED`        | `publish`                              | no attempt got a response; it may have been published    |
 * | `ABORTED`            | `publish`                              | its signal was aborted; it may have been published       |
 * | `HISTORY_GONE`       | `events`; `onError` without an `onGap` | the client can no longer get some events                 |
 * | `BUFFER_OVERFLOW`    | `events`                               | events came faster than they were read                   |
 */
export type PubsubClientErrorCode =
  | "INVALID_ARGUMENT"
  | "CLOSED"
  | "REFUSED"
  | "CONNECTION_REFUSED"
  | "CONNECT_FAILED"
  | "SERVER_ERROR"
  | "UNKNOWN_FRAME"
  | "CALLBACK_FAILED"
  | "LOAD_FAILED"
  | "QUEUE_FULL"
  | "UNCONFIRMED"
  | "ABORTED"
  | "HISTORY_GONE"
  | "BUFFER_OVERFLOW";

export interface PubsubClientErrorOptions {
  cause?: unknown;
  /** Ids, codes and counts that describe the error. Never payloads, never a URL. */
  context?: Readonly<Record<string, unknown>> | undefined;
  /** Only for `HISTORY_GONE` and `BUFFER_OVERFLOW`: the `since` to continue with. */
  resumeFrom?: Position | undefined;
}

/**
 * The only error class of the client.
 *
 * @example
 * ```ts
 * import { isPubsubClientError } from "lambda-websocket-pubsub-client";
 *
 * try {
 *   for await (const event of client.events("room-1", { since })) await handle(event);
 * } catch (error) {
 *   if (isPubsubClientError(error, "BUFFER_OVERFLOW")) return startAgain({ since: error.resumeFrom });
 *   throw error;
 * }
 * ```
 */
export class PubsubClientError extends Error {
  override readonly name = "PubsubClientError";
  declare readonly code: PubsubClientErrorCode;
  declare readonly context: Readonly<Record<string, unknown>>;
  declare readonly resumeFrom: Position | undefined;

  constructor(code: PubsubClientErrorCode, message: string, options: PubsubClientErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.context = options.context ?? {};
    this.resumeFrom = options.resumeFrom;
  }
}

/**
 * Returns whether a value is an error of this client, and has this code if one is given. It checks the structure, not
 * the class, so that two copies of the client in one bundle recognise each other's errors.
 */
export function isPubsubClientError<Code extends PubsubClientErrorCode = PubsubClientErrorCode>(
  error: unknown,
  code?: Code,
): error is PubsubClientError & { code: Code } {
  return (
    error instanceof Error &&
    error.name === "PubsubClientError" &&
    (code === undefined || (error as Partial<PubsubClientError>).code === code)
  );
}

/** The client calls it with every error in the background. */
export type OnError = (error: PubsubClientError) => void;
