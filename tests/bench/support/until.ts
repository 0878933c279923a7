import { setTimeout as delay } from "node:timers/promises";

const LOOK_AGAIN_MS = 25;

/** Resolves once something holds; rejects, naming it, when it does not within this time. */
export async function until(what: string, holds: () => boolean, timeoutMs: number = 120_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(LOOK_AGAIN_MS);
  }
}

/** Resolves once a count has reached what is expected, or has not grown for so long; says which. */
export async function untilReached(
  count: () => number,
  expected: number,
  { patienceMs, onGrown = () => {} }: { patienceMs: number; onGrown?: (count: number) => void },
): Promise<boolean> {
  let last = { count: count(), atMs: performance.now() };
  while (last.count < expected) {
    if (performance.now() - last.atMs > patienceMs) return false;
    await delay(LOOK_AGAIN_MS);
    const now = count();
    if (now !== last.count) {
      last = { count: now, atMs: performance.now() };
      onGrown(now);
    }
  }
  return true;
}
