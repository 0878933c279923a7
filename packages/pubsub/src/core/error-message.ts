import { describeValue } from "./errors.ts";

/**
 * Returns the message of a thrown value. It does not print an object without a message, which can contain a payload.
 */
export function errorMessage(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const { message } = (thrown ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : describeValue(thrown);
}
