import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 25;

/** Resolves when the condition holds. Rejects with the name of the condition if it does not hold within the timeout. */
export async function until(what: string, holds: () => boolean, timeoutMs: number = 120_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(POLL_MS);
  }
}

/** Resolves with true when the count reaches the expected value, or with false if it stops growing for `patienceMs`. */
export async function untilReached(
  count: () => number,
  expected: number,
  { patienceMs, onGrown = () => {} }: { patienceMs: number; onGrown?: (count: number) => void },
): Promise<boolean> {
  let last = { count: count(), atMs: performance.now() };
  while (last.count < expected) {
    if (performance.now() - last.atMs > patienceMs) return false;
    await delay(POLL_MS);
    const now = count();
    if (now !== last.count) {
      last = { count: now, atMs: performance.now() };
      onGrown(now);
    }
  }
  return true;
}
