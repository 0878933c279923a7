import { randomUUID } from "node:crypto";
import { checkOptions } from "../options/check-options.ts";
import { callable, text, textRecord, wholeNumber } from "../options/option-rules.ts";
import { entrySource } from "./entry-source.ts";
import { failureReport } from "./failure-report.ts";
import { parseEntry } from "./function-entry.ts";
import { FunctionInvocationError, toRemoteError } from "./function-error.ts";
import { emptyFunctionStats, type FunctionStats } from "./function-stats.ts";
import { countFailure, timedOut, untilAborted } from "./invocation-end.ts";
import { logEventBytes, platformLogBytes } from "./log-bytes.ts";
import { createWorkerPool } from "./worker-pool.ts";
import { startWorker, type WorkerLogSource, type WorkerProcess } from "./worker-process.ts";

export interface FunctionHostOptions {
  name: string;
  /** Path of a .ts or .js module that exports `handler`; `path#name` if it exports the handler by another name. */
  entry: string;
  env?: Readonly<Record<string, string>>;
  /** Of the handler; loading the module has its own limit. */
  timeoutMs?: number;
  maximumConcurrency?: number;
  memoryMb?: number;
  initTimeoutMs?: number;
  onLog?: (line: string, source: WorkerLogSource) => void;
}

/** Which processes to hit: all of them unless narrowed; the busy ones come first. */
export interface WorkerSelector {
  count?: number;
  pid?: number;
  state?: "busy" | "idle";
}

export interface FunctionHost {
  /**
   * Runs the handler in a process of its own and resolves to its result. An abort while waiting for a process
   * leaves the queue; later, it only ends the waiting: the function runs on, as in Lambda.
   */
  invoke(event: unknown, options?: { signal?: AbortSignal }): Promise<unknown>;
  /** Sends `signal` (SIGKILL unless given); resolves to how many were hit. */
  kill(selector?: WorkerSelector, signal?: NodeJS.Signals): number;
  freeze(selector?: WorkerSelector): number;
  resume(selector?: WorkerSelector): number;
  pids(): number[];
  stats(): FunctionStats;
  /** Ends all processes at once; what was running rejects. */
  stop(): Promise<void>;
}

const LAMBDA_MAX_TIMEOUT_MS = 900_000;

/** A Lambda function on this machine: child processes that each take one invocation at a time. */
export function createFunctionHost(options: FunctionHostOptions): FunctionHost {
  checkOptions("createFunctionHost", options, {
    name: text,
    entry: text,
    env: textRecord,
    timeoutMs: wholeNumber(1, LAMBDA_MAX_TIMEOUT_MS),
    maximumConcurrency: wholeNumber(1, 1_000),
    memoryMb: wholeNumber(128, 10_240),
    initTimeoutMs: wholeNumber(1, LAMBDA_MAX_TIMEOUT_MS),
    onLog: callable,
  });
  const { name, entry, env = {}, timeoutMs = 10_000, maximumConcurrency = 10, memoryMb = 1_024 } = options;
  // Lambda allows 10 s; a busy machine that strips types as it loads deserves more.
  const { initTimeoutMs = 30_000, onLog = () => {} } = options;
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

  /** Built once. After a failure the next invocation tries again, as the file may have been mended by then. */
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

  async function run(worker: WorkerProcess, coldStart: boolean, event: unknown): Promise<unknown> {
    const requestId = randomUUID();
    let startedMs: number | undefined;
    let initMs: number | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      stats.invocations++;
      if (coldStart) stats.coldStarts++;
      const readyMs = await worker.ready;
      if (coldStart) initMs = readyMs;
      startedMs = performance.now();
      const expired = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(timedOut(name, timeoutMs));
          worker.signal("SIGKILL");
        }, timeoutMs);
      });
      const answer = worker.invoke({ requestId, event, deadlineMs: Date.now() + timeoutMs });
      return JSON.parse(await Promise.race([answer, expired]));
    } catch (error) {
      fail(error, worker.pid);
      throw error;
    } finally {
      clearTimeout(timer);
      if (startedMs !== undefined) {
        const durationMs = performance.now() - startedMs;
        stats.durationsMs.total += durationMs;
        stats.durationsMs.billed += Math.ceil(durationMs + (initMs ?? 0));
        stats.logBytes += platformLogBytes({ requestId, durationMs, memoryMb, initMs });
      }
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
    async invoke(event, { signal } = {}) {
      await load();
      const { worker, coldStart } = await pool.acquire(signal);
      return untilAborted(run(worker, coldStart, event), signal);
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
