import type { FanoutContext } from "./worker.ts";

/** The time that is left of an invocation when posting stops: for handing on the rest and writing the ledger. */
const WIND_DOWN_MS_MAX = 6_000;
const WIND_DOWN_SHARE = 0.3;

/** Returns when an invocation that has `remainingMs` left stops beginning new work, and when it is certainly over. */
export function invocationLimits(
  nowMs: number,
  remainingMs: number,
): Pick<FanoutContext, "deadlineMs" | "leaseUntilMs"> {
  const windDownMs = Math.min(WIND_DOWN_MS_MAX, remainingMs * WIND_DOWN_SHARE);
  return { deadlineMs: nowMs + remainingMs - windDownMs, leaseUntilMs: nowMs + remainingMs };
}
