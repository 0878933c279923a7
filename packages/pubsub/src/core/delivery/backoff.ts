/** SQS: the longest delay of a message on a standard queue. */
const DELAY_SECONDS_MAX = 900;

/**
 * How long a redelivery waits: full jitter over a window that doubles with each attempt, so that consumers that
 * failed together do not come back together. SQS delays in whole seconds.
 */
export const redeliveryDelaySeconds = (attempt: number, random: () => number): number =>
  Math.min(DELAY_SECONDS_MAX, 1 + Math.floor(random() * 2 ** (attempt - 1)));

/** How long a post waits within the worker before it is made again. */
export const quickRetryDelayMs = (tries: number, random: () => number): number => random() * 50 * 2 ** tries;
