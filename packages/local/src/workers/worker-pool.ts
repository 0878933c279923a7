import { FunctionInvocationError } from "./function-error.ts";
import type { WorkerProcess } from "./worker-process.ts";

export interface WorkerPoolOptions {
  name: string;
  maximumConcurrency: number;
  start: () => WorkerProcess;
}

/** A process for one invocation. */
export interface WorkerLease {
  worker: WorkerProcess;
  /** Whether the process was started for this invocation. */
  coldStart: boolean;
}

export interface WorkerPool {
  /** Resolves to an idle worker, a new worker, or the next one that is released. Rejects if `signal` aborts first. */
  acquire(signal: AbortSignal | undefined): Promise<WorkerLease>;
  release(worker: WorkerProcess): void;
  /** Lists the workers, the busy ones first. */
  list(): { worker: WorkerProcess; busy: boolean }[];
  stop(): Promise<void>;
}

export function createWorkerPool({ name, maximumConcurrency, start }: WorkerPoolOptions): WorkerPool {
  const running = new Set<WorkerProcess>();
  const busy = new Set<WorkerProcess>();
  const idle: WorkerProcess[] = []; // last in, first out, as in Lambda: the longest unused stays unused
  const waiting: PromiseWithResolvers<WorkerLease>[] = [];
  let stopped = false;

  /** Takes an idle worker or starts a new one. Returns undefined at the concurrency limit. */
  function take(): WorkerLease | undefined {
    for (let worker = idle.pop(); worker !== undefined; worker = idle.pop()) {
      if (worker.usable()) return lease(worker, false);
    }
    // A worker that is ending does not count, because Lambda replaces an environment before it has ended.
    const inUse = [...running].filter((worker) => worker.usable() || busy.has(worker)).length;
    if (inUse >= maximumConcurrency) return undefined;
    const worker = start();
    running.add(worker);
    void worker.exited.then(() => running.delete(worker));
    return lease(worker, true);
  }

  function lease(worker: WorkerProcess, coldStart: boolean): WorkerLease {
    busy.add(worker);
    return { worker, coldStart };
  }

  function serveWaiting(): void {
    while (waiting.length > 0) {
      const next = take();
      if (next === undefined) return;
      waiting.shift()?.resolve(next);
    }
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (stopped) throw stoppedError(name);
      // An invocation that already waits gets the next worker first.
      const free = waiting.length === 0 ? take() : undefined;
      if (free) return free;
      const turn = Promise.withResolvers<WorkerLease>();
      waiting.push(turn);
      const giveUp = (): void => {
        const place = waiting.indexOf(turn);
        if (place >= 0) waiting.splice(place, 1);
        turn.reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      try {
        return await turn.promise;
      } finally {
        signal?.removeEventListener("abort", giveUp);
      }
    },
    release(worker) {
      busy.delete(worker);
      if (worker.usable()) idle.push(worker);
      if (!stopped) serveWaiting();
    },
    list() {
      const all = [...running].map((worker) => ({ worker, busy: busy.has(worker) }));
      return [...all.filter((entry) => entry.busy), ...all.filter((entry) => !entry.busy)];
    },
    async stop() {
      stopped = true;
      for (const turn of waiting.splice(0)) turn.reject(stoppedError(name));
      const ending = [...running];
      for (const worker of ending) worker.signal("SIGKILL");
      await Promise.all(ending.map((worker) => worker.exited));
    },
  };
}

function stoppedError(name: string): FunctionInvocationError {
  return new FunctionInvocationError("STOPPED", name, {
    errorType: "Host.Stopped",
    errorMessage: "the function host was stopped",
    stack: [],
  });
}
