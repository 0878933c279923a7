import type { RemoteError } from "./function-error.ts";

/** What the host sends to a worker process: first the code of its module, if that is not the file's own. */
export type HostMessage = { type: "code"; code: string } | InvokeMessage;

export interface InvokeMessage {
  requestId: string;
  event: unknown;
  deadlineMs: number;
}

/** What a worker process sends back. `initMs` is measured from the start of the process, as Lambda's INIT. */
export type WorkerMessage =
  | { type: "ready"; initMs: number }
  | { type: "init-error"; error: RemoteError }
  | { type: "result"; requestId: string; json: string }
  | { type: "error"; requestId: string; error: RemoteError };
