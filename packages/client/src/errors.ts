import type { Position } from "./types.ts";

/**
 * Everything that can go wrong, and where it shows. `onError` is the client's.
 *
 * | code                 | shows in                               | raised when                                              |
 * | -------------------- | -------------------------------------- | -------------------------------------------------------- |
 * | `INVALID_ARGUMENT`   | thrown                                 | an argument or option has the wrong type, shape or range |
 * | `CLOSED`             | `ready`                                | the subscription ended before it stood                   |
 * | `REFUSED`            | `ready`, `events`, `onError`           | the server refuses this subscription for good            |
 * | `CONNECTION_REFUSED` | `ready`, `events`, `onError`           | a fatal close code; the client is closed                 |
 * | `CONNECT_FAILED`     | `onError`                              | a connection attempt failed; another one follows         |
 * | `SERVER_ERROR`       | `onError`                              | an ERROR frame; tried again where it answers a request   |
 * | `UNKNOWN_FRAME`      | `onError`                              | the server sent something that is not of the protocol    |
 * | `CALLBACK_FAILED`    | `onError`                              | a callback threw, see `cause`                            |
 * | `HISTORY_GONE`       | `events`; `onError` without an `onGap` | events are gone for good                                 |
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
  | "HISTORY_GONE"
  | "BUFFER_OVERFLOW";

export interface PubsubClientErrorOptions {
  cause?: unknown;
  /** What the error is about: ids, codes and counts, never payloads, never a URL. */
  context?: Readonly<Record<string, unknown>> | undefined;
  /** Of `HISTORY_GONE` and `BUFFER_OVERFLOW`: the `since` with which to go on. */
  resumeFrom?: Position | undefined;
}

/**
 * The one error class of the client.
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
 * Whether a value is this client's error, and of this code if one is given. Looks at the structure, not the class:
 * two copies of the client in one bundle still recognise each other's errors.
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

/** Told of everything that fails in the background. */
export type OnError = (error: PubsubClientError) => void;
