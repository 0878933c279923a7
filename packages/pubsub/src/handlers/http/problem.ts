import { isPubsubError, type PubsubErrorCode, withoutValue } from "../../core/errors.ts";
import type { HttpResult } from "./http-types.ts";

/** The codes of responses, beside those of the library's own errors. */
export type HttpErrorCode =
  | PubsubErrorCode
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "INTERNAL";

/** The body of every response that is not a success, and what a list has for an event that was not published. */
export interface HttpError {
  code: HttpErrorCode;
  message: string;
  /** Whether the same request can succeed later. */
  retryable: boolean;
}

interface ProblemOptions {
  headers?: Record<string, string>;
  /** For the log. Default: the message without the value that the caller sent. */
  reason?: string;
  cause?: unknown;
}

/** Why a request is refused, with its status. Only this folder throws and catches it. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly error: HttpError;
  /** For the log. */
  readonly reason: string;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: HttpErrorCode,
    message: string,
    { headers = {}, reason = withoutValue(message), cause }: ProblemOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.error = { code, message, retryable: isLater(status) || code === "INTERNAL" };
    this.reason = reason;
    this.headers = isLater(status) ? { "retry-after": RETRY_AFTER_SECONDS, ...headers } : headers;
  }
}

/** The statuses that say nothing about the request itself. */
const isLater = (status: number): boolean => status === 429 || status === 503;

/** Our own choice. Throttled writes to a partition of the table succeed after about a second. */
const RETRY_AFTER_SECONDS = "1";

/** The errors that are about what the caller sent. Their messages are for the caller. */
const OF_CALLER: { readonly [Code in PubsubErrorCode]?: number } = {
  INVALID_ARGUMENT: 400,
  INVALID_TOPIC_ID: 400,
  INVALID_PUBLICATION_ID: 400,
  INVALID_DATA: 400,
  PAYLOAD_TOO_LARGE: 413,
};

/** The errors of the table and the queue. Their messages can name resources, so that only the log has them. */
const OF_SERVICE: { readonly [Code in PubsubErrorCode]?: string } = {
  STORAGE_FAILED: "the table did not do what the request needs",
  APPEND_CONTENDED: "too many publishers wrote to the topic at this moment, and nothing was written",
  FANOUT_NOT_QUEUED: "the event is in the topic's log, but subscribers do not get it yet",
  QUEUE_FAILED: "the queue did not do what the request needs",
};

/** Turns whatever was thrown into a refusal. A failure that is not known may pass, so that it is retryable. */
export function problemOf(thrown: unknown): HttpProblem {
  if (thrown instanceof HttpProblem) return thrown;
  if (isPubsubError(thrown)) {
    const { code, message, retryable, cause } = thrown;
    const status = OF_CALLER[code];
    if (status !== undefined) return new HttpProblem(status, code, message, { cause });
    const what = OF_SERVICE[code];
    if (what !== undefined) {
      const advice = retryable ? "send the request again, with the same publicationId" : "the log says why";
      return new HttpProblem(retryable ? 503 : 500, code, `${what}; ${advice}`, { cause: thrown });
    }
  }
  return new HttpProblem(500, "INTERNAL", "the request failed; the log says why", { cause: thrown });
}

/**
 * A response is for one caller and one moment, so that no cache may keep it. A browser must not take JSON that contains what
 * others published for a page.
 */
const HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

export const success = (body: object): HttpResult => ({
  statusCode: 200,
  headers: HEADERS,
  body: JSON.stringify(body),
});

export const refusal = ({ status, error, headers }: HttpProblem): HttpResult => ({
  statusCode: status,
  headers: { ...HEADERS, ...headers },
  body: JSON.stringify({ error }),
});
