import type { Clock } from "../core/ports.ts";

/** A clock that jumps from one sleeper to the next, and seeded random numbers. The same seed gives the same run. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass until the promise settles, and resolves or rejects in the same way. It also rejects if the promise
   * is not settled although no code sleeps any more.
   */
  run<Result>(promise: Promise<Result>): Promise<Result>;
}

interface Sleeper {
  /** Absent once it has been cancelled. */
  wake?: (() => void) | undefined;
}

export function createVirtualClock({ seed, startMs }: { seed: number; startMs: number }): VirtualClock {
  const random = createRandom(seed);
  /** By the millisecond at which they wake, in the order in which they went to sleep. */
  const sleepers = new Map<number, Sleeper[]>();
  const times = createTimes();
  let nowMs = startMs;

  function begin(ms: number, wake: () => void): Sleeper {
    const atMs = nowMs + Math.max(0, Math.ceil(ms));
    const sleeper: Sleeper = { wake };
    const others = sleepers.get(atMs);
    if (others) others.push(sleeper);
    else {
      sleepers.set(atMs, [sleeper]);
      times.add(atMs);
    }
    return sleeper;
  }

  /** Wakes all whose time is next. Returns false if nobody sleeps. */
  function wakeNext(): boolean {
    for (;;) {
      const atMs = times.takeLeast();
      if (atMs === undefined || !Number.isFinite(atMs)) return false;
      const due = (sleepers.get(atMs) ?? []).filter(({ wake }) => wake);
      sleepers.delete(atMs);
      // Time does not pass for those that were cancelled
      if (due.length === 0) continue;
      nowMs = Math.max(nowMs, atMs);
      for (const { wake } of due) wake?.();
      return true;
    }
  }

  return {
    random,
    now: () => nowMs,
    sleep: (ms) => new Promise((wake) => void begin(ms, wake)),
    after(ms, run) {
      const sleeper = begin(ms, run);
      return () => {
        sleeper.wake = undefined;
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

interface Times {
  add(time: number): void;
  takeLeast(): number | undefined;
}

/** A binary heap: a run with thousands of sleepers would otherwise spend its time on looking for the next one. */
function createTimes(): Times {
  const heap: number[] = [];
  const at = (index: number): number => heap[index] ?? Number.POSITIVE_INFINITY;
  const swap = (one: number, other: number): void => {
    const moved = at(one);
    heap[one] = at(other);
    heap[other] = moved;
  };
  return {
    add(time) {
      let index = heap.push(time) - 1;
      for (let parent = (index - 1) >> 1; index > 0 && at(parent) > at(index); parent = (index - 1) >> 1) {
        swap(parent, index);
        index = parent;
      }
    },
    takeLeast() {
      const least = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return least;
      heap[0] = last;
      for (let index = 0; ; ) {
        const left = 2 * index + 1;
        const child = at(left + 1) < at(left) ? left + 1 : left;
        if (at(child) >= at(index)) return least;
        swap(child, index);
        index = child;
      }
    },
  };
}

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
