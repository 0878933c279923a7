/** SQS: the longest delay of a message on a standard queue. */
const DELAY_SECONDS_MAX = 900;

/**
 * The delay of a redelivery: full jitter over a window that doubles with each attempt, so that consumers that failed
 * together are not retried together. SQS delays in whole seconds.
 */
export const redeliveryDelaySeconds = (attempt: number, random: () => number): number =>
  Math.min(DELAY_SECONDS_MAX, 1 + Math.floor(random() * 2 ** (attempt - 1)));

/** The delay before a quick retry within the worker. */
export const quickRetryDelayMs = (tries: number, random: () => number): number => random() * 50 * 2 ** tries;
