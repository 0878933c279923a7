import type { IncomingHttpHeaders } from "node:http";

/** AWS accepts a signature for 5 minutes before and after its date. */
const MAX_SKEW_MS = 5 * 60 * 1_000;

/** The time of an `x-amz-date` (`yyyymmddThhmmssZ`), or undefined if it is malformed. */
export function parseAmzDate(value: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value) ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const formatAmzDate = (timeMs: number): string => new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, "");

/**
 * What AWS says about a signature whose date is more than 5 minutes off, or undefined.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function ageProblem(signingDate: Date, nowMs: number): string | undefined {
  const skewMs = nowMs - signingDate.getTime();
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return undefined;
  const signedAt = formatAmzDate(signingDate.getTime());
  const now = formatAmzDate(nowMs);
  return skewMs > 0
    ? `Signature expired: ${signedAt} is now earlier than ${formatAmzDate(nowMs - MAX_SKEW_MS)} (${now} - 5 min.)`
    : `Signature not yet current: ${signedAt} is still later than ${formatAmzDate(nowMs + MAX_SKEW_MS)} (${now} + 5 min.)`;
}

/** The body with which DynamoDB and SQS refuse a call that was signed with a wrong clock. The emulators accept it. */
export function refusalOfAge(
  { "x-amz-date": date }: IncomingHttpHeaders,
  nowMs: number,
): { __type: string; message: string } | undefined {
  const signingDate = parseAmzDate(String(date));
  const message = signingDate && ageProblem(signingDate, nowMs);
  return message ? { __type: "com.amazon.coral.service#InvalidSignatureException", message } : undefined;
}
