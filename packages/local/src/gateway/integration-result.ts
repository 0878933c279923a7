/** The result of an invocation by the gateway. */
export type IntegrationResult =
  | { ok: true; statusCode: number; headers: Record<string, unknown> }
  | IntegrationFailure;

export interface IntegrationFailure {
  ok: false;
  /** `stopped`: the gateway stopped before the function returned. */
  reason: "threw" | "timed out" | "malformed" | "stopped";
  error?: unknown;
  /** For a malformed result: a description of what the function returned. */
  returned?: string;
}
