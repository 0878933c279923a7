export { type FunctionErrorCode, FunctionInvocationError, type RemoteError } from "./function-error.ts";
export {
  createFunctionHost,
  type FunctionHost,
  type FunctionHostOptions,
  type WorkerSelector,
} from "./function-host.ts";
export type { FunctionStats } from "./function-stats.ts";
export type { WorkerLogSource } from "./worker-process.ts";
