import { errorMessage } from "../../core/error-message.ts";
import { PubsubError } from "../../core/errors.ts";

/** Refusals that the same call will meet again. */
const FINAL = new Set([
  "ValidationException",
  "ResourceNotFoundException",
  "AccessDeniedException",
  "UnrecognizedClientException",
  "MissingAuthenticationTokenException",
  "CredentialsProviderError",
  "QueueDoesNotExist",
  "AWS.SimpleQueueService.NonExistentQueue",
  "InvalidMessageContents",
  "UnsupportedOperation",
]);

/** What AWS answered, as this library's error; the SDK has made its own retries by then. */
export function awsFailure(
  code: "STORAGE_FAILED" | "QUEUE_FAILED",
  operation: string,
  cause: unknown,
): PubsubError {
  const name = cause instanceof Error ? cause.name : "unknown error";
  const message = errorMessage(cause);
  return new PubsubError(code, `${operation}: ${name}: ${message}`, {
    retryable: !FINAL.has(name),
    cause,
    context: { operation, awsError: name },
  });
}

/** Runs an AWS call; what it throws comes out as this library's error. */
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
