const LOOK_AGAIN_MS = 20;
/** A deadline only ends a wait that is in vain: no machine, however busy, may reach it. */
const DEADLINE_MS = 120_000;

/** Calls until it no longer throws, and answers what it returned; at the deadline it throws what `check` threw last. */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  timeoutMs: number = DEADLINE_MS,
): Promise<Result> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Rejects, naming what was waited for, instead of hanging the run. */
export async function within<Result>(
  what: string,
  promise: Promise<Result>,
  timeoutMs: number = DEADLINE_MS,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
