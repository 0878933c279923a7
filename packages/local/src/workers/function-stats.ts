export interface FunctionStats {
  invocations: number;
  /** Handlers that threw, and modules that did not load. */
  errors: number;
  timeouts: number;
  crashes: number;
  coldStarts: number;
  /** `billed` rounds each invocation up to a millisecond and counts INIT, as Lambda does. */
  durationsMs: { total: number; billed: number };
  /** What CloudWatch Logs would take in: lines written and lines of Lambda's own, overhead included. */
  logBytes: number;
}

export function emptyFunctionStats(): FunctionStats {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    crashes: 0,
    coldStarts: 0,
    durationsMs: { total: 0, billed: 0 },
    logBytes: 0,
  };
}
