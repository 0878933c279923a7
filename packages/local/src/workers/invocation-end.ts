import { FunctionInvocationError } from "./function-error.ts";
import type { FunctionStats } from "./function-stats.ts";

export function timedOut(name: string, timeoutMs: number): FunctionInvocationError {
  return new FunctionInvocationError("TIMEOUT", name, {
    errorType: "Sandbox.Timedout",
    errorMessage: `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`,
    stack: [],
  });
}

export function countFailure(stats: FunctionStats, error: unknown): void {
  const code = error instanceof FunctionInvocationError ? error.code : "HANDLER_ERROR";
  if (code === "TIMEOUT") stats.timeouts++;
  else if (code === "CRASHED") stats.crashes++;
  else stats.errors++;
}

export async function untilAborted<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([running, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
