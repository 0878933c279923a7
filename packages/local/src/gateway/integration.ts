import { isRecord } from "../options/option-rules.ts";
import type { WebsocketEvent } from "./event-types.ts";
import { describeReturn } from "./failure-text.ts";
import type { IntegrationFailure, IntegrationResult } from "./integration-result.ts";

export interface Integration {
  /** Never rejects. */
  invoke(event: WebsocketEvent): Promise<IntegrationResult>;
  /** Settles every pending and every later invocation as `stopped`. Later calls do not invoke the function. */
  stop(): void;
}

export interface IntegrationOptions {
  /**
   * The signal aborts when the gateway stops waiting for the result. An invocation that has not begun can be skipped.
   */
  invoke(event: WebsocketEvent, options: { signal: AbortSignal }): Promise<unknown>;
  timeoutMs: number;
  /** Called with every failure except `stopped`. */
  onFailure(event: WebsocketEvent, failure: IntegrationFailure): void;
}

/** Creates the Lambda proxy integration, which limits the time of an invocation and validates its result. */
export function createIntegration({ invoke, timeoutMs, onFailure }: IntegrationOptions): Integration {
  const pending = new Set<(result: IntegrationResult) => void>();
  let stopped = false;

  return {
    invoke(event) {
      if (stopped) return Promise.resolve({ ok: false, reason: "stopped" });
      return new Promise((resolve) => {
        const abandoning = new AbortController();
        const settle = (result: IntegrationResult): void => {
          clearTimeout(timer);
          if (!pending.delete(settle)) return;
          abandoning.abort();
          if (!result.ok && result.reason !== "stopped") onFailure(event, result);
          resolve(result);
        };
        const timer = setTimeout(() => settle({ ok: false, reason: "timed out" }), timeoutMs);
        pending.add(settle);
        // The async function turns an error that `invoke` throws synchronously into a rejection.
        (async () => invoke(event, { signal: abandoning.signal }))().then(
          (value) => settle(toResult(value)),
          (error: unknown) => settle({ ok: false, reason: "threw", error }),
        );
      });
    },
    stop() {
      stopped = true;
      for (const settle of pending) settle({ ok: false, reason: "stopped" });
    },
  };
}

/**
 * A proxy integration must return an object with a `statusCode`. API Gateway calls anything else malformed and returns
 * 502: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
 */
function toResult(value: unknown): IntegrationResult {
  const malformed = { ok: false, reason: "malformed", returned: describeReturn(value) } as const;
  if (!isRecord(value)) return malformed;
  const statusCode = Number(value.statusCode);
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) return malformed;
  const headers = isRecord(value.headers) ? value.headers : {};
  return { ok: true, statusCode, headers };
}

export function isSuccess(result: IntegrationResult): boolean {
  return result.ok && result.statusCode >= 200 && result.statusCode < 300;
}
