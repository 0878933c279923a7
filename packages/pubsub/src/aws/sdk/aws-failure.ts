import { errorMessage } from "../../core/error-message.ts";
import { PubsubError } from "../../core/errors.ts";
import { kindOfError } from "./error-kind.ts";

/** Translates an error of the SDK to this library's error. The SDK has already made its own retries. */
export function awsFailure(
  code: "STORAGE_FAILED" | "QUEUE_FAILED",
  operation: string,
  cause: unknown,
): PubsubError {
  const name = cause instanceof Error ? cause.name : "unknown error";
  const message = errorMessage(cause);
  return new PubsubError(code, `${operation}: ${name}: ${message}`, {
    retryable: kindOfError(cause) !== "final",
    cause,
    context: { operation, awsError: name },
  });
}

/** Runs an AWS call and translates its errors to this library's. */
export async function guarded<Result>(
  operation: string,
  call: () => Promise<Result>,
  code: "STORAGE_FAILED" | "QUEUE_FAILED" = "STORAGE_FAILED",
): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw awsFailure(code, operation, cause);
  }
}
