import type { Clock } from "../../packages/pubsub/src/core/ports.ts";

/** A clock that jumps from one sleeper to the next, and seeded random numbers. The same seed gives the same run. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass until the promise settles, and resolves or rejects in the same way. It also rejects if the promise
   * is not settled although no code sleeps any more.
   */
  run<Result>(promise: Promise<Result>): Promise<Result>;
}

interface Sleeper {
  atMs: number;
  wake(): void;
}

export function createVirtualClock({ seed, startMs }: { seed: number; startMs: number }): VirtualClock {
  const random = createRandom(seed);
  let sleepers: Sleeper[] = [];
  let nowMs = startMs;

  function begin(ms: number, wake: () => void): Sleeper {
    const sleeper = { atMs: nowMs + Math.max(0, Math.ceil(ms)), wake };
    sleepers.push(sleeper);
    return sleeper;
  }

  function wakeNext(): boolean {
    const atMs = Math.min(...sleepers.map((sleeper) => sleeper.atMs));
    if (!Number.isFinite(atMs)) return false;
    nowMs = Math.max(nowMs, atMs);
    const due = sleepers.filter((sleeper) => sleeper.atMs <= nowMs);
    sleepers = sleepers.filter((sleeper) => sleeper.atMs > nowMs);
    for (const { wake } of due) wake();
    return true;
  }

  return {
    random,
    now: () => nowMs,
    sleep: (ms) => new Promise((wake) => void begin(ms, wake)),
    after(ms, run) {
      const sleeper = begin(ms, run);
      return () => {
        sleepers = sleepers.filter((each) => each !== sleeper);
      };
    },
    async run(promise) {
      let settled = false;
      const settle = (): void => {
        settled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        await everybodyWaits();
        if (settled) return promise;
        if (!wakeNext()) throw new Error("deadlock: no code sleeps, and the awaited promise is not settled");
      }
    },
  };
}

/** Code in memory waits only for promises, so after one turn of the event loop all of it has run. */
const everybodyWaits = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Returns a random number generator, Mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
