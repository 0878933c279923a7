import type { WorkerLogSource } from "./workers/index.ts";

export type LogLevel = "info" | "warn" | "error";

/** Who wrote a line: a function's process, or a part of the stack. */
export type LocalLogSource =
  | ({ kind: "function" } & WorkerLogSource)
  | { kind: "stack"; name: "gateway" | "queue" | "dynamodb"; level: LogLevel };
