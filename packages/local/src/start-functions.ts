import { functionEnv, type LocalAddresses, type LocalEnv } from "./local-env.ts";
import type { LocalSettings } from "./local-options.ts";
import { invalidOption } from "./options/check-options.ts";
import { textRecord } from "./options/option-rules.ts";
import { createFunctionHost, type FunctionHost } from "./workers/index.ts";

export type FunctionName = "websocket" | "fanout";
export type Functions = Record<FunctionName, FunctionHost>;

export function startFunctions(settings: LocalSettings, addresses: LocalAddresses): Functions {
  const stackEnv = functionEnv(addresses);
  const env = { ...stackEnv, ...ownEnv(settings, stackEnv) };
  const create = (name: FunctionName): FunctionHost =>
    createFunctionHost({
      name,
      entry: settings.functions[name],
      env,
      memoryMb: settings[name].memoryMb,
      timeoutMs: settings[name].timeoutMs,
      maximumConcurrency: settings[name].maximumConcurrency,
      onLog: (line, source) => settings.onLog(line, { kind: "function", ...source }),
    });
  return { websocket: create("websocket"), fanout: create("fanout") };
}

function ownEnv({ functionEnv }: LocalSettings, stackEnv: LocalEnv): Record<string, string> {
  const own: unknown = functionEnv(stackEnv);
  if (textRecord.accepts(own)) return own as Record<string, string>;
  throw invalidOption("functionEnv", `must return ${textRecord.expected}`, own);
}

export interface WorkerFaultOptions {
  /** The number of processes, the busy ones first. Default: all processes of the function. */
  count?: number;
  /** Selects only the process with this id. */
  pid?: number;
}

/** Signals the processes of a function. `kill`, `freeze` and `resume` return the number of processes they signalled. */
export interface WorkerFaults {
  kill(functionName: FunctionName, options?: WorkerFaultOptions & { signal?: NodeJS.Signals }): number;
  freeze(functionName: FunctionName, options?: WorkerFaultOptions): number;
  resume(functionName: FunctionName, options?: WorkerFaultOptions): number;
  /** Returns the ids of the function's processes, the busy ones first, for a caller that measures or signals them. */
  pids(functionName: FunctionName): number[];
}

export function createWorkerFaults(functions: Functions): WorkerFaults {
  return {
    kill: (name, { signal, ...selector } = {}) => functions[name].kill(selector, signal),
    freeze: (name, selector) => functions[name].freeze(selector),
    resume: (name, selector) => functions[name].resume(selector),
    pids: (name) => functions[name].pids(),
  };
}
