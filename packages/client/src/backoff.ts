export interface BackoffOptions {
  /** The first delay is random, from 0 to this. The maximum doubles with every try. Default 500. */
  baseMs?: number | undefined;
  /** The upper bound for the doubled maximum. Default 30,000. */
  maxMs?: number | undefined;
  /** A connection that lasted this long resets the delays. Default 15,000. */
  stableMs?: number | undefined;
}

/**
 * Returns a random delay from 0 to the current maximum (full jitter). Clients that lost their connections together, for
 * example when a stage is redeployed, then do not reconnect together.
 */
export function fullJitterMs(
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
  tries: number,
  random: () => number,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** tries);
}
