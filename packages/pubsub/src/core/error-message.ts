import { describeValue } from "./errors.ts";

/** The message of whatever was thrown. A thrown object that is no error is not printed: it may hold a payload. */
export function errorMessage(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const { message } = (thrown ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : describeValue(thrown);
}
