import type { PostResult } from "../../core/ports.ts";
import type { ExchangeFailure } from "../transport/exchange.ts";
import type { HttpAnswer } from "../transport/http-answer.ts";

const DELIVERED: PostResult = { outcome: "delivered" };
const GONE: PostResult = { outcome: "gone" };
const THROTTLED: PostResult = { outcome: "throttled" };

/** What an answer of `POST @connections/{id}` means. */
export function outcomeOf({ status, errorType, body }: HttpAnswer): PostResult {
  if (status < 300) return DELIVERED;
  if (status === 410) return GONE;
  if (status === 429) return THROTTLED;
  // An id that API Gateway never gave out; no such connection will ever exist
  if (status === 400 && /connection ?id/i.test(body)) return GONE;
  const reason = `${status} ${errorName(errorType, body)}`.trim();
  const kind = status < 400 ? "3xx" : status < 500 ? "4xx" : "5xx";
  return { outcome: "failed", kind, retryable: !isFinal(status), reason };
}

export const outcomeOfFailure = ({ kind, problem, retryable }: ExchangeFailure): PostResult => ({
  outcome: "failed",
  kind,
  retryable,
  reason: problem,
});

/** The same post would be answered the same again. A redirect says that the endpoint is wrong. */
const isFinal = (status: number): boolean => status < 400 || status === 400 || status === 413;

/** Of a header like `ForbiddenException:http://…`, or of a JSON body's `__type`. */
function errorName(errorType: string, body: string): string {
  const [, name = ""] =
    /([\w.]{1,100})(?:[:,;]|$)/.exec(errorType || (/"__type":"([^"]{1,200})"/.exec(body)?.[1] ?? "")) ?? [];
  return name;
}

/** Whether the caller's credentials were not accepted, so that newer ones may be. */
export const refusesCredentials = ({ status }: HttpAnswer): boolean => status === 401 || status === 403;
