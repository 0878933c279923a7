/**
 * All error codes, and whether the same call can succeed later.
 *
 * | code                      | retryable | raised when                                                          |
 * | ------------------------- | --------- | -------------------------------------------------------------------- |
 * | `INVALID_ARGUMENT`        | no        | an argument or option has the wrong type, shape or range             |
 * | `INVALID_TOPIC_ID`        | no        | a topic id is not 1–512 bytes of UTF-8 without control characters    |
 * | `INVALID_PUBLICATION_ID`  | no        | a publication id breaks the same rules                               |
 * | `INVALID_DATA`            | no        | the data is not serialisable as JSON, or is bytes that are not UTF-8, or the `validate` hook refused it |
 * | `PAYLOAD_TOO_LARGE`       | no        | a publication as sent, envelope included, is over 128 KB             |
 * | `INVALID_FRAME`           | no        | a client's message is not a message of the protocol                  |
 * | `INVALID_MESSAGE`         | no        | a queue message is not a message of the fan-out                      |
 * | `FORBIDDEN`               | no        | the `authorize` hook denied the request                              |
 * | `AUTHORIZE_FAILED`        | yes       | the `authorize` hook failed or took too long: it made no decision    |
 * | `VALIDATE_FAILED`         | yes       | the `validate` hook failed or took too long: it made no decision     |
 * | `TOO_MANY_SUBSCRIPTIONS`  | no        | a connection already has the maximum number of subscriptions         |
 * | `RATE_LIMITED`            | yes       | a connection sends or asks for too much                              |
 * | `ACCESS_REVOKED`          | no        | access was revoked after it was decided: decide again                |
 * | `CONNECTION_ENDED`        | no        | a connection has disconnected and cannot subscribe any more          |
 * | `TOKEN_MISSING`           | no        | a SUBSCRIBE or PUBLISH needs a topic token and has none              |
 * | `TOKEN_INVALID`           | no        | a topic token is malformed, forged, altered or not from this library |
 * | `TOKEN_EXPIRED`           | no        | a topic token has expired                                            |
 * | `TOKEN_OF_OTHER_TOPIC`    | no        | a topic token does not name the topic for what was asked             |
 * | `TOKEN_OF_OTHER_CONNECTION` | no      | a topic token is bound to another connection                         |
 * | `PUBLICATION_NOT_FOUND`   | no        | the topic's log does not contain the event (any more)                |
 * | `APPEND_CONTENDED`        | yes       | other writers took every offset first; nothing was written           |
 * | `FANOUT_NOT_QUEUED`       | varies    | the event is in the log, but its fan-out could not be queued         |
 * | `BATCH_FAILED`            | yes       | messages of a batch failed, and the fan-out handler cannot return which |
 * | `DISCONNECT_FAILED`       | varies    | some of the connections could not be closed; the others were         |
 * | `STORAGE_FAILED`          | varies    | DynamoDB rejected the request or did not respond                     |
 * | `QUEUE_FAILED`            | varies    | SQS rejected the request or did not respond                          |
 */
export const PUBSUB_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "INVALID_TOPIC_ID",
  "INVALID_PUBLICATION_ID",
  "INVALID_DATA",
  "PAYLOAD_TOO_LARGE",
  "INVALID_FRAME",
  "INVALID_MESSAGE",
  "FORBIDDEN",
  "AUTHORIZE_FAILED",
  "VALIDATE_FAILED",
  "TOO_MANY_SUBSCRIPTIONS",
  "RATE_LIMITED",
  "ACCESS_REVOKED",
  "CONNECTION_ENDED",
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "TOKEN_OF_OTHER_TOPIC",
  "TOKEN_OF_OTHER_CONNECTION",
  "PUBLICATION_NOT_FOUND",
  "APPEND_CONTENDED",
  "FANOUT_NOT_QUEUED",
  "BATCH_FAILED",
  "DISCONNECT_FAILED",
  "STORAGE_FAILED",
  "QUEUE_FAILED",
] as const;

export type PubsubErrorCode = (typeof PUBSUB_ERROR_CODES)[number];

export interface PubsubErrorOptions {
  /** Whether the same call can succeed later. Default false. */
  retryable?: boolean;
  cause?: unknown;
  /** What the error is about: ids, sizes and counts, never payloads. */
  context?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the library.
 *
 * @example
 * ```ts
 * import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
 *
 * try {
 *   await publishToTopic({ topicId: "room-1", data, config, publicationId });
 * } catch (error) {
 *   if (isPubsubError(error) && error.retryable) return retryLater(); // the same publicationId makes it safe
 *   throw error;
 * }
 * ```
 */
export class PubsubError extends Error {
  override readonly name = "PubsubError";
  readonly code: PubsubErrorCode;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: PubsubErrorCode, message: string, options: PubsubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

/**
 * Returns whether a value is an error of this library and, if a code is given, has that code. It checks the structure
 * and not the class, so that two copies of the library in one bundle recognise each other's errors.
 */
export function isPubsubError<Code extends PubsubErrorCode = PubsubErrorCode>(
  error: unknown,
  code?: Code,
): error is PubsubError & { code: Code } {
  if (typeof error !== "object" || error === null) return false;
  const { name, message, code: found } = error as Partial<PubsubError>;
  if (name !== "PubsubError" || typeof message !== "string") return false;
  return found !== undefined && PUBSUB_ERROR_CODES.includes(found) && (code === undefined || found === code);
}

/** Removes the actual value from an error message, because the input may contain a secret. */
export const withoutValue = (message: string): string => message.split("; got ", 1)[0] ?? message;

/** Describes the actual value for an error message, such as `5 (number)`. Cuts long strings and opens no objects. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `${JSON.stringify(value.slice(0, 64))} (string of ${value.length})`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" || typeof value === "function") return `a value of type ${typeof value}`;
  return value === undefined ? "undefined" : `${String(value)} (${typeof value})`;
}
