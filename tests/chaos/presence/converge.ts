import { setTimeout as sleep } from "node:timers/promises";

export interface Convergence {
  /** From the moment at which the server had heard of the last change. */
  seconds: number;
  /** What was still wrong when the patience ended, in one sentence each. */
  mismatches: string[];
}

const LOOK_AGAIN_MS = 100;
/** It only ends a wait that cannot succeed. Even a very busy machine must not reach it. */
const PATIENCE_MS = 120_000;

/** Looks until nothing is wrong. `sinceMs` returns when the server heard of the last change. */
export async function converge(
  look: () => Promise<string[]> | string[],
  sinceMs: () => number,
): Promise<Convergence> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const mismatches = await look();
    const nowMs = Date.now();
    if (mismatches.length === 0 || nowMs > deadlineMs) {
      return { seconds: Math.max(0, Math.round((nowMs - sinceMs()) / 100) / 10), mismatches };
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Waits until something is true, or the patience ends. Returns whether it is true. */
export async function patiently(isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const look = async (): Promise<string[]> => ((await isTrue()) ? [] : ["not yet"]);
  return (await converge(look, Date.now)).mismatches.length === 0;
}
