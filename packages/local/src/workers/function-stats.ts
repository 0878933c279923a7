export interface FunctionStats {
  invocations: number;
  /** Invocations that wait for a process or run now. */
  inFlight: number;
  /** Invocations whose handler threw or whose module could not be loaded. */
  errors: number;
  timeouts: number;
  crashes: number;
  coldStarts: number;
  /** The time of all invocations. `billed` rounds each up to a millisecond and includes INIT, as Lambda does. */
  durationsMs: { total: number; billed: number };
  /** The bytes that CloudWatch Logs would ingest: the function's lines and Lambda's own, including the overhead. */
  logBytes: number;
}

export function emptyFunctionStats(): FunctionStats {
  return {
    invocations: 0,
    inFlight: 0,
    errors: 0,
    timeouts: 0,
    crashes: 0,
    coldStarts: 0,
    durationsMs: { total: 0, billed: 0 },
    logBytes: 0,
  };
}
