import { functionEnv, type LocalAddresses, type LocalEnv } from "./local-env.ts";
import type { LocalSettings } from "./local-options.ts";
import { invalidOption } from "./options/check-options.ts";
import { textRecord } from "./options/option-rules.ts";
import { createFunctionHost, type FunctionHost } from "./workers/index.ts";

export type FunctionName = "websocket" | "fanout" | "publish" | "http";
/** `publish` is absent if the API has no route for it, `http` if there is no function URL. */
export type Functions = Record<"websocket" | "fanout", FunctionHost> & {
  publish?: FunctionHost;
  http?: FunctionHost;
};

/** The key of the route to the publish function. `$request.body.action` selects it. */
export const PUBLISH_ROUTE = "PUBLISH";

export function startFunctions(settings: LocalSettings, addresses: LocalAddresses): Functions {
  const stackEnv = functionEnv(addresses);
  const env = { ...stackEnv, ...ownEnv(settings, stackEnv) };
  const create = (name: FunctionName, entry: string): FunctionHost =>
    createFunctionHost({
      name,
      entry,
      env,
      memoryMb: settings[name].memoryMb,
      timeoutMs: settings[name].timeoutMs,
      maximumConcurrency: settings[name].maximumConcurrency,
      onLog: (line, source) => settings.onLog(line, { kind: "function", ...source }),
    });
  const { websocket, fanout, publish, http } = settings.functions;
  return {
    websocket: create("websocket", websocket),
    fanout: create("fanout", fanout),
    ...(publish !== undefined && { publish: create("publish", publish) }),
    ...(http !== undefined && { http: create("http", http) }),
  };
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

/**
 * Signals the processes of a function. `kill`, `freeze` and `resume` return the number of processes they signalled. All
 * throw `INVALID_OPTION` for a function that the stack does not have.
 */
export interface WorkerFaults {
  kill(functionName: FunctionName, options?: WorkerFaultOptions & { signal?: NodeJS.Signals }): number;
  freeze(functionName: FunctionName, options?: WorkerFaultOptions): number;
  resume(functionName: FunctionName, options?: WorkerFaultOptions): number;
  /** Returns the ids of the function's processes, the busy ones first, for a caller that measures or signals them. */
  pids(functionName: FunctionName): number[];
}

export function createWorkerFaults(functions: Functions): WorkerFaults {
  const named = (name: FunctionName): FunctionHost => {
    const host = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (host) return host;
    throw invalidOption("functionName", `must be one of ${Object.keys(functions).join(", ")}`, name);
  };
  return {
    kill: (name, { signal, ...selector } = {}) => named(name).kill(selector, signal),
    freeze: (name, selector) => named(name).freeze(selector),
    resume: (name, selector) => named(name).resume(selector),
    pids: (name) => named(name).pids(),
  };
}
