import type { ClientClock } from "../../../packages/client/src/clock.ts";

/** Time that jumps from one timer to the next. Timers for the same moment run in the order in which they were set. */
export interface VirtualTime extends ClientClock {
  after(ms: number, ring: () => void): void;
  /** How many timers of `setTimeout` are set. Those of `after` do not count. */
  readonly timers: number;
  /** Lets time pass. Promises settle between two moments. */
  pass(ms: number): Promise<void>;
}

interface Timer {
  atMs: number;
  order: number;
  ring: (() => void) | undefined;
}

/** More than the longest chain of promises in the client, from `subscribe` over `getUrl` to the socket. */
const PROMISE_CHAIN_MAX = 10;

export function createVirtualTime(startMs = 0): VirtualTime {
  const heap: Timer[] = [];
  let nowMs = startMs;
  let order = 0;
  let timers = 0;

  const isBefore = (one: Timer, other: Timer): boolean =>
    one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

  function push(ms: number, ring: () => void): Timer {
    const timer = { atMs: nowMs + Math.max(0, ms), order: order++, ring };
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
    return timer;
  }

  function pop(): void {
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }

  return {
    now: () => nowMs,
    setTimeout(callback, ms) {
      timers++;
      return push(ms, () => {
        timers--;
        callback();
      });
    },
    clearTimeout(timer) {
      const cleared = timer as Timer;
      if (cleared.ring) timers--;
      cleared.ring = undefined;
    },
    after: (ms, ring) => void push(ms, ring),
    get timers() {
      return timers;
    },
    async pass(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        for (let turn = 0; turn < PROMISE_CHAIN_MAX; turn++) await undefined;
        const next = heap[0];
        if (!next || next.atMs > untilMs) break;
        pop();
        nowMs = next.atMs;
        const { ring } = next;
        next.ring = undefined;
        ring?.();
      }
      nowMs = untilMs;
    },
  };
}
