import { setTimeout as delay } from "node:timers/promises";

const LOOK_AGAIN_MS = 100;

/** Rejects with the signal's reason as soon as it aborts, whatever `promise` does. */
export function abortable<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  // Nobody waits for it when the signal has aborted already, and Node ends the process for a rejection that nobody sees
  promise.catch(() => {});
  if (signal.aborted) return Promise.reject(signal.reason);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", onAbort));
}

export interface Waiting {
  signal: AbortSignal;
  /** Default a minute. */
  withinMs?: number;
  everyMs?: number;
}

/** Calls `look` until it returns a value, and returns that. Returns undefined if it returns none within the time. */
export async function waitFor<Value>(
  { signal, withinMs = 60_000, everyMs = LOOK_AGAIN_MS }: Waiting,
  look: () => Value | undefined | Promise<Value | undefined>,
): Promise<Value | undefined> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) return undefined;
    await delay(everyMs, undefined, { signal });
  }
}
