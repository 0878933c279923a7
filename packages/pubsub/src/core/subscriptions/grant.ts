import { PubsubError } from "../errors.ts";
import { idProblem } from "../ids.ts";
import { invalid } from "../options/check-options.ts";
import { encodeInfo } from "../user-info.ts";

/** What limits a subscription beside its connection: whose it is, until when, and how old the decision is. */
export interface Grant {
  userId?: string | undefined;
  /** What other members see of the user, as JSON text. */
  info?: string | undefined;
  /** Seconds since 1970. */
  expiresAtSeconds?: number | undefined;
  /** Milliseconds since 1970. A revocation after this time ends the subscription. Default: now. */
  decidedAtMs?: number | undefined;
  /** The same of a permission that was given before the decision. It counts instead of `decidedAtMs`. */
  issuedAtMs?: number | undefined;
}

/**
 * Our own limit, in the year 5138. Milliseconds taken for seconds are above it: such a subscription would outlive its
 * permission by 50,000 years.
 */
const SECONDS_MAX = 100_000_000_000;

export const INSTANT = "a Date, or seconds since 1970 below 100,000,000,000";

/** Returns the milliseconds since 1970, or undefined for anything that is not a time. */
export function millisecondsOf(value: unknown): number | undefined {
  const ms = value instanceof Date ? value.getTime() : typeof value === "number" ? value * 1_000 : Number.NaN;
  return ms >= 0 && ms < SECONDS_MAX * 1_000 ? ms : undefined;
}

/** What a back end says of the connection that it subscribes. */
interface GivenGrant {
  userId?: string | undefined;
  info?: unknown;
  expiresAt?: Date | number | undefined;
}

/** Throws `INVALID_ARGUMENT` for a user, info or a time that is not one, and for a time that has passed. */
export function grantOf({ userId, info, expiresAt }: GivenGrant, nowMs: number): Grant {
  const problem = userId !== undefined && idProblem("userId", userId);
  if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
  const encoded = info === undefined ? undefined : encodeInfo(info);
  if (encoded && "problem" in encoded) throw new PubsubError("INVALID_ARGUMENT", encoded.problem);
  if (encoded && userId === undefined) {
    throw new PubsubError("INVALID_ARGUMENT", "info needs a userId, because it is what others see of a user");
  }
  const whose = { userId, ...(encoded && { info: encoded.text }) };
  if (expiresAt === undefined) return whose;
  const ms = millisecondsOf(expiresAt);
  if (ms === undefined) throw invalid("expiresAt", INSTANT, expiresAt);
  const expiresAtSeconds = Math.floor(ms / 1_000);
  if (expiresAtSeconds * 1_000 <= nowMs) {
    throw new PubsubError("INVALID_ARGUMENT", "expiresAt must be in the future; got a time that has passed");
  }
  return { ...whose, expiresAtSeconds };
}
