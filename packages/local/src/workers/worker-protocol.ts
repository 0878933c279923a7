import type { RemoteError } from "./function-error.ts";

/** A message from the host to a worker process. The first one is the module's code, if Node can't load the file. */
export type HostMessage = { type: "code"; code: string } | InvokeMessage;

export interface InvokeMessage {
  requestId: string;
  event: unknown;
  deadlineMs: number;
}

/** A message from a worker process to the host. `initMs` counts from the start of the process, as Lambda's INIT. */
export type WorkerMessage =
  | { type: "ready"; initMs: number }
  | { type: "init-error"; error: RemoteError }
  | { type: "result"; requestId: string; json: string }
  | { type: "error"; requestId: string; error: RemoteError };
