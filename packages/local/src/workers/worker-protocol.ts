import type { RemoteError } from "./function-error.ts";

/** What the host sends to a worker process. */
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
