import type { Clock } from "../../packages/pubsub/src/core/ports.ts";

/** A clock that moves only when a test advances it or when code sleeps. A sleep ends at once. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  readonly slept: readonly number[];
}

export function createManualClock(options: { startMs?: number; random?: () => number } = {}): ManualClock {
  let nowMs = options.startMs ?? Date.now();
  const slept: number[] = [];
  const timers = new Set<{ atMs: number; run: () => void }>();

  function advance(ms: number): void {
    nowMs += ms;
    for (const timer of timers) {
      if (timer.atMs > nowMs) continue;
      timers.delete(timer);
      timer.run();
    }
  }

  return {
    slept,
    advance,
    now: () => nowMs,
    random: options.random ?? (() => 0.5),
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async sleep(ms) {
      slept.push(ms);
      advance(Math.ceil(ms));
    },
  };
}
