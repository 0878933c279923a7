import type { PostResult } from "../../ports.ts";
import type { HttpAnswer } from "../http/http-answer.ts";

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
  return { outcome: "failed", retryable: status !== 400 && status !== 413, reason };
}

/** Of a header like `ForbiddenException:http://…`, or of a JSON body's `__type`. */
function errorName(errorType: string, body: string): string {
  const [, name = ""] =
    /([\w.]{1,100})(?:[:,;]|$)/.exec(errorType || (/"__type":"([^"]{1,200})"/.exec(body)?.[1] ?? "")) ?? [];
  return name;
}

/** Whether the caller's credentials were not accepted, so that newer ones may be. */
export const refusesCredentials = ({ status }: HttpAnswer): boolean => status === 401 || status === 403;
