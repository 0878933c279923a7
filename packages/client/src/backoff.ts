export interface BackoffOptions {
  /** The window that the first delay is drawn from; it doubles with every try. Default 500. */
  baseMs?: number | undefined;
  /** The longest window. Default 30,000. */
  maxMs?: number | undefined;
  /** How long a connection must have lasted for the tries to count from nothing again. Default 15,000. */
  stableMs?: number | undefined;
}

/**
 * Full jitter: anything from nothing to the window. Clients that lost their connections together, as they do when a
 * stage is redeployed, do not come back together.
 */
export function fullJitterMs(
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
  tries: number,
  random: () => number,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** tries);
}
