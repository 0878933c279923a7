import { createBoundedMap } from "../core/bounded-map.ts";
import { consumerId } from "../core/consumer.ts";
import type { Clock } from "../core/ports.ts";
import { refill, type TokenBucket } from "../core/refill.ts";
import type { Consumer } from "../core/types.ts";

/** Our own limit: a connection may send the messages of this many seconds at once. */
const FRAMES_BURST_SECONDS = 10;

/** Returns whether one more message of this connection may be handled now. */
export type FrameRate = (consumer: Consumer) => boolean;

/** Each needs a few hundred bytes. A connection that was dropped starts again with a full bucket. */
const CONNECTIONS_REMEMBERED = 10_000;

/**
 * Creates a token bucket for each connection, in this process only. A client whose messages reach n environments of the
 * function has n buckets: the rate limits what one client costs, but not exactly.
 */
export function createFrameRate(perSecond: number, clock: Pick<Clock, "now">): FrameRate {
  const burst = perSecond * FRAMES_BURST_SECONDS;
  const buckets = createBoundedMap<TokenBucket>(CONNECTIONS_REMEMBERED);

  return (consumer) => {
    const id = consumerId(consumer);
    const now = clock.now();
    const tokens = refill(buckets.get(id) ?? { tokens: burst, atMs: now }, { perSecond, burst }, now);
    const allowed = tokens >= 1;
    buckets.set(id, { tokens: allowed ? tokens - 1 : tokens, atMs: now });
    return allowed;
  };
}
