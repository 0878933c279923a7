import type { Clock } from "../../packages/pubsub/src/core/ports.ts";

/** A clock that moves only when a test advances it or when code sleeps. A sleep ends at once. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  readonly slept: readonly number[];
}

export function createManualClock(options: { startMs?: number; random?: () => number } = {}): ManualClock {
  let nowMs = options.startMs ?? Date.now();
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    random: options.random ?? (() => 0.5),
    advance(ms) {
      nowMs += ms;
    },
    async sleep(ms) {
      slept.push(ms);
      nowMs += Math.ceil(ms);
    },
  };
}
