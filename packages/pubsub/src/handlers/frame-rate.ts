import { consumerId } from "../consumer.ts";
import { FRAMES_BURST_SECONDS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { Consumer } from "../types.ts";

/** Whether this connection may have one more frame looked at now. */
export type FrameRate = (consumer: Consumer) => boolean;

/** A few hundred bytes each. A connection that is forgotten begins anew, with a full bucket. */
const CONNECTIONS_REMEMBERED = 10_000;

/**
 * A token bucket a connection, in this process alone: a client whose frames meet n environments of the function has
 * n buckets. It bounds what one client costs, it does not measure it.
 */
export function createFrameRate(framesPerSecond: number, clock: Pick<Clock, "now">): FrameRate {
  const burst = framesPerSecond * FRAMES_BURST_SECONDS;
  const buckets = new Map<string, { frames: number; atMs: number }>();

  return (consumer) => {
    const id = consumerId(consumer);
    const now = clock.now();
    const { frames, atMs } = buckets.get(id) ?? { frames: burst, atMs: now };
    const refilled = Math.min(burst, frames + (Math.max(0, now - atMs) / 1_000) * framesPerSecond);
    const allowed = refilled >= 1;
    // Set anew, so that the map's first is always the one that was quiet for longest
    buckets.delete(id);
    buckets.set(id, { frames: allowed ? refilled - 1 : refilled, atMs: now });
    for (const quietest of buckets.keys()) {
      if (buckets.size <= CONNECTIONS_REMEMBERED) break;
      buckets.delete(quietest);
    }
    return allowed;
  };
}
