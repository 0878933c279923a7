import { createBoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../core/ports.ts";
import { refill, type TokenBucket } from "../core/refill.ts";

/** Our own limit: a client may send the requests of this many seconds at once. */
const BURST_SECONDS = 10;

/** Each needs a few hundred bytes. A client that was dropped starts again with a full bucket. */
const CLIENTS_REMEMBERED = 10_000;

/** Returns whether one more request of this client may be handled now. */
export type Rate = (id: string) => boolean;

/**
 * Creates a token bucket for each client, in this process only. A client whose requests reach n environments of the function
 * has n buckets: the rate limits what one client costs, but not exactly.
 */
export function createRate(perSecond: number, clock: Pick<Clock, "now">): Rate {
  const burst = perSecond * BURST_SECONDS;
  const buckets = createBoundedMap<TokenBucket>(CLIENTS_REMEMBERED);

  return (id) => {
    const now = clock.now();
    const tokens = refill(buckets.get(id) ?? { tokens: burst, atMs: now }, { perSecond, burst }, now);
    const allowed = tokens >= 1;
    buckets.set(id, { tokens: allowed ? tokens - 1 : tokens, atMs: now });
    return allowed;
  };
}
