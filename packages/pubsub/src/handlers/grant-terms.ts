import { idProblem } from "../core/ids.ts";
import { TOKEN_SECONDS_MAX } from "../core/limits.ts";
import { type Grant, millisecondsOf } from "../core/subscriptions/grant.ts";
import { encodeInfo } from "../core/user-info.ts";

interface Terms {
  until?: unknown;
  userId?: unknown;
  info?: unknown;
  issuedAt?: unknown;
}

type TermsDecision =
  | { verdict: "allowed"; reason: string; grant: Grant }
  | { verdict: "denied" | "undecided"; reason: string };

/**
 * Decides whether a grant holds now. A term that cannot be read is a mistake of the hook's author: it must
 * not allow more than the author meant, and it is no decision.
 */
export function withTerms(
  { until, userId, info, issuedAt }: Terms,
  nowMs: number,
  reason: string,
): TermsDecision {
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : millisecondsOf(until);
  const issuedAtMs = issuedAt === undefined ? nowMs : millisecondsOf(issuedAt);
  const encoded = info === undefined ? undefined : encodeInfo(info);
  const problem =
    (encoded && "problem" in encoded && "info") ||
    (untilMs === undefined && "until") ||
    (issuedAtMs === undefined && "issuedAt") ||
    (userId !== undefined && idProblem("userId", userId) !== undefined && "userId");
  if (problem || (encoded && "problem" in encoded) || untilMs === undefined || issuedAtMs === undefined) {
    return { verdict: "undecided", reason: `${reason} with an invalid ${problem}` };
  }
  const expiresAtSeconds = Math.floor(untilMs / 1_000);
  if (expiresAtSeconds * 1_000 <= nowMs) {
    return { verdict: "denied", reason: `${reason} until a time that has passed` };
  }
  if (issuedAtMs < nowMs - TOKEN_SECONDS_MAX * 1_000) {
    return { verdict: "denied", reason: `${reason}, issued more than 24 hours ago` };
  }
  return {
    verdict: "allowed",
    reason,
    grant: {
      decidedAtMs: nowMs,
      // A permission of the future must not outlive a revocation of now
      ...(issuedAt !== undefined && { issuedAtMs: Math.min(issuedAtMs, nowMs) }),
      ...(until !== undefined && { expiresAtSeconds }),
      ...(typeof userId === "string" && { userId }),
      ...(encoded && { info: encoded.text }),
    },
  };
}
