import { errorMessage } from "../../core/error-message.ts";
import { loggableMessage } from "../../core/loggable-error.ts";
import type { PostResult } from "../../core/ports.ts";
import type { PostFailureKind } from "../../core/types.ts";
import { outcomeOf } from "./post-outcome.ts";

const NOT_CONNECTED = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)_/;

/** Translates an error of the SDK's client into the result that a direct post would have had. */
export function failureOfSdk(error: unknown): PostResult {
  const { name = "", code = "", status, type } = readError(error);
  const message = errorMessage(error);
  // The reason of a failure is logged, and gets into the ledger and the dead letter
  const reason = code || loggableMessage(error);
  if (name === "CredentialsProviderError") {
    return failed("no-credentials", `no credentials: ${loggableMessage(error)}`);
  }
  // A status below 300 comes with an error if the SDK could not read the response
  if (status !== undefined && status >= 300) {
    return outcomeOf({ status, errorType: type, body: JSON.stringify({ message }), reusable: true });
  }
  if (status !== undefined || code.startsWith("HPE_")) return failed("bad-answer", reason);
  if (CERTIFICATE.test(code)) return failed("no-connection", code, false);
  if (NOT_CONNECTED.test(code) || /did not establish a connection/.test(message)) {
    return failed("no-connection", reason);
  }
  if (name === "TimeoutError" && code === "") return failed("no-answer", reason);
  return failed("broken-connection", reason);
}

const failed = (kind: PostFailureKind, reason: string, retryable: boolean = true): PostResult => ({
  outcome: "failed",
  kind,
  retryable,
  reason,
});

interface SdkError {
  name: string;
  code: string;
  status: number | undefined;
  type: string;
}

function readError(error: unknown): SdkError {
  const { name, code, $metadata, $response } = Object(error) as Record<string, unknown>;
  const { httpStatusCode } = Object($metadata) as Record<string, unknown>;
  const { statusCode } = Object($response) as Record<string, unknown>;
  const status = [httpStatusCode, statusCode].find((value) => typeof value === "number");
  const named = typeof name === "string" ? name : "";
  return {
    name: named,
    code: typeof code === "string" ? code : "",
    status,
    // The SDK's names for an error that has none
    type: /^(?:Error|SyntaxError|Unknown(?:Error)?|\d+)$/.test(named) ? "" : named,
  };
}
