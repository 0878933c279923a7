import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { runsFromSource, workerRuntimePath } from "../module-paths.ts";
import { type FunctionErrorCode, FunctionInvocationError, type RemoteError } from "./function-error.ts";
import { workerEnv } from "./worker-env.ts";
import type { HostMessage, InvokeMessage, WorkerMessage } from "./worker-protocol.ts";

export interface WorkerLogSource {
  name: string;
  pid: number;
  stream: "stdout" | "stderr";
}

export interface WorkerOptions {
  name: string;
  file: string;
  exportName: string;
  /** Of the module, if Node can't load the file as it is. */
  code: string | undefined;
  env: Readonly<Record<string, string>>;
  memoryMb: number;
  initTimeoutMs: number;
  onLog: (line: string, source: WorkerLogSource) => void;
}

export interface WorkerProcess {
  pid: number;
  /** Its INIT duration; rejects when the module cannot be loaded. */
  ready: Promise<number>;
  exited: Promise<void>;
  /** False once it has ended or has been sent a signal that ends it: it takes no further invocation. */
  usable(): boolean;
  /** Resolves to the result's JSON. */
  invoke(message: InvokeMessage): Promise<string>;
  /** Whether there was a process to send it to. */
  signal(signal: NodeJS.Signals): boolean;
}

const DEADLY_SIGNALS: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM"];

/** One process, one invocation at a time. */
export function startWorker({
  name,
  file,
  exportName,
  code,
  env,
  memoryMb,
  initTimeoutMs,
  onLog,
}: WorkerOptions): WorkerProcess {
  const child = fork(workerRuntimePath, [file, exportName, ...(code === undefined ? [] : ["with-code"])], {
    // Stated in full: a test runner's own flags would otherwise be inherited.
    execArgv: [
      `--max-old-space-size=${memoryMb}`,
      "--disable-warning=ExperimentalWarning",
      ...(code === undefined ? [] : ["--enable-source-maps"]),
      ...(runsFromSource ? ["--conditions=pubsub-source"] : []),
    ],
    env: workerEnv({ functionName: name, memoryMb, env }),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const pid = child.pid ?? 0;
  for (const stream of ["stdout", "stderr"] as const) {
    const input = child[stream];
    if (input) createInterface({ input }).on("line", (line) => onLog(line, { name, pid, stream }));
  }

  if (code !== undefined) child.send({ type: "code", code } satisfies HostMessage, () => {});

  let condemned = false;
  let pending: { requestId: string; settle: PromiseWithResolvers<string> } | undefined;
  const ready = Promise.withResolvers<number>();
  const exited = Promise.withResolvers<void>();
  ready.promise.catch(() => {}); // the invocation reports it; an unused worker has no invocation
  const initTimer = setTimeout(() => {
    failReady({
      errorType: "Runtime.InitTimeout",
      errorMessage: `INIT took over ${initTimeoutMs} ms`,
      stack: [],
    });
    signal("SIGKILL");
  }, initTimeoutMs);

  function failure(code: FunctionErrorCode, error: RemoteError): FunctionInvocationError {
    return new FunctionInvocationError(code, name, error);
  }

  function failReady(error: RemoteError): void {
    condemned = true;
    ready.reject(failure("INIT_ERROR", error));
  }

  child.on("message", (message: WorkerMessage) => {
    if (message.type === "ready") {
      clearTimeout(initTimer);
      ready.resolve(message.initMs);
    } else if (message.type === "init-error") failReady(message.error);
    else if (message.requestId === pending?.requestId) {
      const { settle } = pending;
      pending = undefined;
      if (message.type === "result") settle.resolve(message.json);
      else settle.reject(failure("HANDLER_ERROR", message.error));
    }
  });
  child.on("error", (error) => ended(error.message));
  child.on("exit", (code, exitSignal) =>
    ended(exitSignal ? `was ended by ${exitSignal}` : `exited with code ${code}`),
  );

  function ended(how: string): void {
    condemned = true;
    clearTimeout(initTimer);
    const error = { errorType: "Runtime.ExitError", errorMessage: `the process ${how}`, stack: [] };
    failReady(error);
    pending?.settle.reject(failure("CRASHED", error));
    pending = undefined;
    exited.resolve();
  }

  function signal(which: NodeJS.Signals): boolean {
    if (DEADLY_SIGNALS.includes(which)) condemned = true;
    return child.exitCode === null && child.signalCode === null && child.kill(which);
  }

  return {
    pid,
    ready: ready.promise,
    exited: exited.promise,
    usable: () => !condemned && child.connected,
    signal,
    async invoke(message) {
      await ready.promise;
      const settle = Promise.withResolvers<string>();
      pending = { requestId: message.requestId, settle };
      child.send(message, () => {}); // a failed send means the process is ending, which `exit` reports
      return settle.promise;
    },
  };
}
