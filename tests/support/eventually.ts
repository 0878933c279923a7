const LOOK_AGAIN_MS = 20;
/** The deadline only ends a wait that cannot succeed. Even a very busy machine must not reach it. */
const DEADLINE_MS = 120_000;

/** Calls `check` until it does not throw, and returns its result. At the deadline, throws the last error of `check`. */
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

/** Rejects at the deadline with the name of what was awaited, so that the run does not hang. */
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
