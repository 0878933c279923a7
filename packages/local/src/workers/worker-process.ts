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
  /** The module's code, if Node can't load the file directly. */
  code: string | undefined;
  env: Readonly<Record<string, string>>;
  memoryMb: number;
  initTimeoutMs: number;
  onLog: (line: string, source: WorkerLogSource) => void;
}

export interface WorkerProcess {
  pid: number;
  /** Resolves to the duration of INIT in milliseconds. Rejects if the module cannot be loaded. */
  ready: Promise<number>;
  exited: Promise<void>;
  /** Returns false after the process has ended or got a signal that ends it. It then takes no further invocation. */
  usable(): boolean;
  /** Resolves to the handler's result as JSON. */
  invoke(message: InvokeMessage): Promise<string>;
  /** Returns false if the process has ended already. */
  signal(signal: NodeJS.Signals): boolean;
}

const DEADLY_SIGNALS: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM"];

/** Starts a process that runs one invocation at a time. */
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
    // Without `execArgv` the process would inherit the flags of a test runner.
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
  ready.promise.catch(() => {}); // the invocation reports the error; a worker without an invocation must not crash this process
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
      child.send(message, () => {}); // if the send fails, the process is ending, and `exit` reports that
      return settle.promise;
    },
  };
}
