import { randomUUID } from "node:crypto";
import { checkOptions } from "../options/check-options.ts";
import { callable, oneOf, text, textRecord, wholeNumber } from "../options/option-rules.ts";
import { entrySource } from "./entry-source.ts";
import { failureReport } from "./failure-report.ts";
import { parseEntry } from "./function-entry.ts";
import { FunctionInvocationError, toRemoteError } from "./function-error.ts";
import { emptyFunctionStats, type FunctionStats } from "./function-stats.ts";
import { countFailure, timedOut, untilAborted } from "./invocation-end.ts";
import { type InvocationReport, logEventBytes, platformLogBytes, type SystemLogLevel } from "./log-bytes.ts";
import { createWorkerPool, type WorkerLease } from "./worker-pool.ts";
import { startWorker, type WorkerLogSource } from "./worker-process.ts";

export interface FunctionHostOptions {
  name: string;
  /** The path of a .ts or .js module that exports `handler`, or `path#name` for a handler with another name. */
  entry: string;
  env?: Readonly<Record<string, string>>;
  /** The time limit of the handler, 1 to 900,000. Default 10,000. */
  timeoutMs?: number;
  /** The largest number of invocations that run at a time, 1 to 1,000. Default 10. */
  maximumConcurrency?: number;
  /** 128 to 10,240. Default 1,024. */
  memoryMb?: number;
  /** The time limit for loading the module, 1 to 900,000. Default 30,000. */
  initTimeoutMs?: number;
  /** Lambda's level for its own lines, which `stats` counts. Default "WARN", as `stacks/` sets it. */
  systemLogLevel?: SystemLogLevel;
  onLog?: (line: string, source: WorkerLogSource) => void;
}

/** Selects processes. Without any property it selects all processes, the busy ones first. */
export interface WorkerSelector {
  count?: number;
  pid?: number;
  state?: "busy" | "idle";
}

export interface InvokeOptions {
  signal?: AbortSignal;
  /** The value of `_X_AMZN_TRACE_ID` during the invocation. Default: none. */
  traceHeader?: string;
}

export interface FunctionHost {
  /**
   * Runs the handler in a process that runs no other invocation at the time, and resolves to its result. If `signal`
   * aborts while the invocation waits for a process, the function is not invoked. If it aborts later, the promise
   * rejects, but the function keeps running, as in Lambda.
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<unknown>;
  /** Sends `signal`, default SIGKILL, to the selected processes. Returns the number of processes that got it. */
  kill(selector?: WorkerSelector, signal?: NodeJS.Signals): number;
  freeze(selector?: WorkerSelector): number;
  resume(selector?: WorkerSelector): number;
  pids(): number[];
  stats(): FunctionStats;
  /** Kills all processes. Running and waiting invocations reject. */
  stop(): Promise<void>;
}

const LAMBDA_MAX_TIMEOUT_MS = 900_000;

/** Creates a Lambda function on this machine: child processes that each run one invocation at a time. */
export function createFunctionHost(options: FunctionHostOptions): FunctionHost {
  checkOptions("createFunctionHost", options, {
    name: text,
    entry: text,
    env: textRecord,
    timeoutMs: wholeNumber(1, LAMBDA_MAX_TIMEOUT_MS),
    maximumConcurrency: wholeNumber(1, 1_000),
    memoryMb: wholeNumber(128, 10_240),
    initTimeoutMs: wholeNumber(1, LAMBDA_MAX_TIMEOUT_MS),
    systemLogLevel: oneOf(["INFO", "WARN"]),
    onLog: callable,
  });
  const { name, entry, env = {}, timeoutMs = 10_000, maximumConcurrency = 10, memoryMb = 1_024 } = options;
  // Lambda allows 10 s. A busy machine that strips types while it loads modules needs more.
  const { initTimeoutMs = 30_000, systemLogLevel = "WARN", onLog = () => {} } = options;
  const stats = emptyFunctionStats();
  const { file, exportName } = parseEntry(entry);
  let source: Promise<string | undefined> | undefined;
  let code: string | undefined;
  let stopping = false;
  const pool = createWorkerPool({
    name,
    maximumConcurrency,
    start: () =>
      startWorker({ name, file, exportName, code, env, memoryMb, initTimeoutMs, onLog: countAndPassOn }),
  });

  /**
   * Builds the code once. After a failure the next invocation tries again, because the file may have been corrected.
   */
  async function load(): Promise<void> {
    source ??= entrySource(file);
    try {
      code = await source;
    } catch (cause) {
      source = undefined;
      const error = new FunctionInvocationError("INIT_ERROR", name, toRemoteError(cause));
      fail(error, 0);
      throw error;
    }
  }

  function fail(error: unknown, pid: number): void {
    countFailure(stats, error);
    const report = stopping ? undefined : failureReport(error);
    if (report !== undefined) onLog(report, { name, pid, stream: "stderr" });
  }

  function countAndPassOn(line: string, source: WorkerLogSource): void {
    stats.logBytes += logEventBytes(line);
    onLog(line, source);
  }

  /** Counts an invocation that gets a process as in flight until `run` ends it: its function keeps running after an abort. */
  async function admit(signal: AbortSignal | undefined): Promise<WorkerLease> {
    stats.inFlight++;
    try {
      await load();
      return await pool.acquire(signal);
    } catch (error) {
      stats.inFlight--;
      throw error;
    }
  }

  async function run(
    { worker, coldStart }: WorkerLease,
    event: unknown,
    traceHeader?: string,
  ): Promise<unknown> {
    const requestId = randomUUID();
    let startedMs: number | undefined;
    let initMs: number | undefined;
    let status: InvocationReport["status"] = "error";
    let timer: NodeJS.Timeout | undefined;
    try {
      stats.invocations++;
      if (coldStart) stats.coldStarts++;
      const readyMs = await worker.ready;
      if (coldStart) initMs = readyMs;
      startedMs = performance.now();
      const expired = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          status = "timeout";
          reject(timedOut(name, timeoutMs));
          worker.signal("SIGKILL");
        }, timeoutMs);
      });
      const result = worker.invoke({ requestId, event, deadlineMs: Date.now() + timeoutMs, traceHeader });
      const returned = JSON.parse(await Promise.race([result, expired]));
      status = "success";
      return returned;
    } catch (error) {
      fail(error, worker.pid);
      throw error;
    } finally {
      clearTimeout(timer);
      if (startedMs !== undefined) {
        const durationMs = performance.now() - startedMs;
        stats.durationsMs.total += durationMs;
        stats.durationsMs.billed += Math.ceil(durationMs + (initMs ?? 0));
        const report = { requestId, status, durationMs, memoryMb, initMs };
        stats.logBytes += platformLogBytes(report, systemLogLevel);
      }
      stats.inFlight--;
      pool.release(worker);
    }
  }

  function signalAll({ count = Infinity, pid, state }: WorkerSelector, signal: NodeJS.Signals): number {
    let hits = 0;
    for (const { worker, busy } of pool.list()) {
      if (hits >= count) break;
      if (pid !== undefined && worker.pid !== pid) continue;
      if (state !== undefined && busy !== (state === "busy")) continue;
      if (worker.signal(signal)) hits++;
    }
    return hits;
  }

  return {
    async invoke(event, { signal, traceHeader } = {}) {
      const lease = await admit(signal);
      return untilAborted(run(lease, event, traceHeader), signal);
    },
    kill: (selector = {}, signal = "SIGKILL") => signalAll(selector, signal),
    freeze: (selector = {}) => signalAll(selector, "SIGSTOP"),
    resume: (selector = {}) => signalAll(selector, "SIGCONT"),
    pids: () => pool.list().map(({ worker }) => worker.pid),
    stats: () => structuredClone(stats),
    stop: () => {
      stopping = true;
      return pool.stop();
    },
  };
}
