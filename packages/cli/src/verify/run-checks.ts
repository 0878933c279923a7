import type { Check, Outcome } from "./check.ts";
import type { RunContext } from "./context.ts";
import { abortable } from "./wait.ts";

export interface CheckResult extends Outcome {
  id: string;
  what: string;
  expected: string;
}

const TIMEOUT_MS = 120_000;

export interface Running {
  context: RunContext;
  /** Aborts when the user interrupts the run. */
  interrupted: AbortSignal;
  onStart(check: Check, index: number): void;
  onResult(result: CheckResult): void;
}

/** Runs the checks one after the other. Rejects only if the run is interrupted. */
export async function runChecks(checks: readonly Check[], running: Running): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [index, check] of checks.entries()) {
    running.onStart(check, index);
    const { id, what, expected } = check;
    const result = { id, what, expected, ...(await runCheck(check, running)) };
    results.push(result);
    running.onResult(result);
  }
  return results;
}

async function runCheck(check: Check, { context, interrupted }: Running): Promise<Outcome> {
  const { timeoutMs = TIMEOUT_MS } = check;
  const timeUp = new AbortController();
  const timer = setTimeout(
    () => timeUp.abort(new Error(`it took longer than ${timeoutMs / 1_000} s`)),
    timeoutMs,
  );
  const signal = AbortSignal.any([interrupted, timeUp.signal]);
  const own = context.forCheck(signal);
  try {
    return await abortable(signal, check.run(own));
  } catch (error) {
    interrupted.throwIfAborted();
    const cause = signal.aborted ? signal.reason : error;
    return { holds: false, saw: `could not decide: ${describe(cause)}` };
  } finally {
    clearTimeout(timer);
    // Ends what the check still waits for, which would keep the process running
    timeUp.abort(new Error("the check has ended"));
    await own.closeSockets();
  }
}

const CAUSES_MAX = 3;

/** Returns an error and its causes on one line. */
export function describe(error: unknown): string {
  const parts: string[] = [];
  for (let cause: unknown = error; cause !== undefined && parts.length < CAUSES_MAX; ) {
    if (!(cause instanceof Error)) {
      parts.push(String(cause));
      break;
    }
    const { code } = cause as { code?: unknown };
    parts.push(`${typeof code === "string" ? code : cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return parts.join("; because of ").replace(/\s+/g, " ").slice(0, 500);
}
