/** How long a mapping pauses after batches that failed as a whole. */
export interface ErrorBackoff {
  /** Counts a failed batch. Returns how long its place among the concurrent batches stays taken. */
  failed(): number;
  /** Ends the growth: the next failure pauses as briefly as the first one. */
  succeeded(): void;
}

const FIRST_MS = 100;
const MAX_MS = 2_000;

/**
 * Lambda "gradually backs off, reducing the amount of concurrency allocated" after an error of the function. It documents
 * no times, so the pause doubles from a tenth of a second to two seconds. The pause does not change when the messages come
 * back: that is after their visibility timeout. Lambda says that it does not scale down a mapping with
 * ReportBatchItemFailures. Here such a mapping pauses too if the function throws or times out, because recovery must not
 * depend on quick retries. It does not pause for the messages that the function reports.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function createErrorBackoff(): ErrorBackoff {
  let failures = 0;
  return {
    failed: () => Math.min(MAX_MS, FIRST_MS * 2 ** failures++),
    succeeded() {
      failures = 0;
    },
  };
}
