import type { PostResult } from "../../core/ports.ts";
import type { ExchangeFailure } from "../transport/exchange.ts";
import type { HttpResponse } from "../transport/http-response.ts";

const DELIVERED: PostResult = { outcome: "delivered" };
const GONE: PostResult = { outcome: "gone" };
const THROTTLED: PostResult = { outcome: "throttled" };

/** What a response to `POST @connections/{id}` means. */
export function outcomeOf(response: HttpResponse): PostResult {
  const { status } = response;
  if (status < 300) return DELIVERED;
  if (status === 410) return GONE;
  if (status === 429) return THROTTLED;
  if (isInvalidId(response)) return GONE;
  const kind = status < 400 ? "3xx" : status < 500 ? "4xx" : "5xx";
  return { outcome: "failed", kind, retryable: !isFinal(status), reason: reasonOf(response) };
}

/**
 * API Gateway never gave out this id, so no such connection will ever exist. Nothing else in a body proves that: error
 * objects of WebSocket APIs have a field `connectionId`, and a proxy can mention one too.
 * https://github.com/dherault/serverless-offline/issues/749 quotes the response.
 */
const isInvalidId = ({ status, errorType, body }: HttpResponse): boolean =>
  status === 400 &&
  errorName(errorType, body) === "BadRequestException" &&
  /^Invalid connectionId\b/i.test(messageOf(body));

function messageOf(body: string): string {
  try {
    const { message, Message } = Object(JSON.parse(body)) as Record<string, unknown>;
    return String(message ?? Message ?? "");
  } catch {
    return "";
  }
}

export const outcomeOfFailure = ({ kind, problem, retryable }: ExchangeFailure): PostResult => ({
  outcome: "failed",
  kind,
  retryable,
  reason: problem,
});

/** The same post would have the same response. A redirect says that the endpoint is wrong. */
const isFinal = (status: number): boolean => status < 400 || status === 400 || status === 413;

/** The status and, if the response has it, the name of the error. */
export const reasonOf = ({ status, errorType, body }: HttpResponse): string =>
  `${status} ${errorName(errorType, body)}`.trim();

/** Reads a header like `ForbiddenException:http://…`, or a JSON body's `__type`. */
function errorName(errorType: string, body: string): string {
  const [, name = ""] =
    /([\w.]{1,100})(?:[:,;]|$)/.exec(errorType || (/"__type":"([^"]{1,200})"/.exec(body)?.[1] ?? "")) ?? [];
  return name;
}

/** Whether the caller's credentials were not accepted, so that newer ones may be. */
export const refusesCredentials = ({ status }: HttpResponse): boolean => status === 401 || status === 403;

/** Below 500, without 400. */
const UNDERSTOOD: ReadonlySet<number> = new Set([408, 410, 413, 429]);

/**
 * Whether `outcomeOf` knows what the response means: a delivery, a service that is too busy or broken, or an error that
 * API Gateway documents for posts and names. A bare 400 can come from a proxy that objects to the request itself. A 408
 * comes from a proxy that ends an idle connection. The proxy read no request, neither of the direct path nor of the SDK:
 * https://www.rfc-editor.org/rfc/rfc9110#status.408
 */
export function isUnderstood({ status, errorType, body }: HttpResponse): boolean {
  if (status === 400) return errorName(errorType, body) !== "";
  return status < 300 || UNDERSTOOD.has(status) || status >= 500;
}
