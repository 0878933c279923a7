import { isPubsubError, PubsubError, withoutValue } from "../core/errors.ts";

export interface FailedMessage {
  id: string;
  error: unknown;
}

const REASONS_MAX = 3;

/** Creates the error that makes SQS deliver a whole batch again. It has counts and reasons, but no message bodies. */
export function batchFailed(failures: readonly FailedMessage[], received: number): PubsubError {
  const reasons = new Map<string, number>();
  for (const { error } of failures) {
    const reason = reasonOf(error);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const listed = [...reasons].slice(0, REASONS_MAX).map(([reason, count]) => `${count} × ${reason}`);
  const unlisted = reasons.size - listed.length;
  if (unlisted > 0) listed.push(`${unlisted} more reasons`);
  return new PubsubError(
    "BATCH_FAILED",
    `${failures.length} of ${received} messages failed (${listed.join("; ")}). Lambda repeats the whole batch. To ` +
      "repeat only the messages that failed, set ReportBatchItemFailures on the event source mapping and " +
      "partialBatchResponses: true on createFanoutHandler",
    { retryable: true, cause: failures[0]?.error, context: { messageIds: failures.map(({ id }) => id) } },
  );
}

/** For errors of other code only the name is used, because the message of a SyntaxError quotes its input. */
function reasonOf(error: unknown): string {
  if (isPubsubError(error)) return `${error.code}: ${withoutValue(error.message)}`;
  if (!(error instanceof Error)) return "unknown error";
  return error.name === "Error" ? error.message : error.name;
}
