import type { GatewayLogEntry } from "./gateway/index.ts";
import type { WorkerLogSource } from "./workers/index.ts";

export type LogLevel = "info" | "warn" | "error";

/** Names the writer of a line: a function's process, or a part of the stack. */
export type LocalLogSource =
  | ({ kind: "function" } & WorkerLogSource)
  | { kind: "stack"; name: "gateway" | "queue" | "dynamodb" | "http"; level: LogLevel };

/** Formats a log entry of the gateway as a line of text. */
export function gatewayLine({ message, error, connectionId, status }: GatewayLogEntry): string {
  const details = [
    connectionId === undefined ? [] : `connection ${connectionId}`,
    status === undefined ? [] : `status ${status}`,
  ].flat();
  const line = details.length === 0 ? message : `${message} (${details.join(", ")})`;
  if (error === undefined) return line;
  return `${line}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
