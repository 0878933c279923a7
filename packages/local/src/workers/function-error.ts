export type FunctionErrorCode =
  /** The handler threw, rejected, or returned a value that JSON cannot represent. */
  | "HANDLER_ERROR"
  /** The function's module could not be imported or exports no handler. */
  | "INIT_ERROR"
  | "TIMEOUT"
  /** The process ended in the middle of the invocation. */
  | "CRASHED"
  /** The host was stopped. */
  | "STOPPED";

/** An error as Lambda's runtime reports it. */
export interface RemoteError {
  errorType: string;
  errorMessage: string;
  stack: string[];
}

export class FunctionInvocationError extends Error {
  override readonly name = "FunctionInvocationError";
  readonly code: FunctionErrorCode;
  readonly functionName: string;
  readonly errorType: string;
  readonly errorMessage: string;
  /** The lines of the handler's stack trace. Empty if something other than the handler failed. */
  readonly remoteStack: readonly string[];

  constructor(code: FunctionErrorCode, functionName: string, error: RemoteError) {
    super(`${functionName}: ${error.errorType}: ${error.errorMessage}`);
    this.code = code;
    this.functionName = functionName;
    this.errorType = error.errorType;
    this.errorMessage = error.errorMessage;
    this.remoteStack = error.stack;
  }
}

/** Converts any thrown value to a `RemoteError`. It never throws. */
export function toRemoteError(thrown: unknown, fallbackType = "Error"): RemoteError {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, stack: stackLines(thrown) };
  }
  return { errorType: fallbackType, errorMessage: safeText(thrown), stack: [] };
}

const CAUSES_SHOWN = 5;

/** Returns the error's stack trace and those of its causes, because the cause often is the error of an AWS client. */
function stackLines(thrown: Error): string[] {
  const lines: string[] = [];
  let error: unknown = thrown;
  for (let depth = 0; depth <= CAUSES_SHOWN && error instanceof Error; depth++) {
    lines.push(...`${depth === 0 ? "" : "Caused by: "}${error.stack ?? error.message}`.split("\n"));
    error = error.cause;
  }
  return lines;
}

function safeText(value: unknown): string {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return Object.prototype.toString.call(value);
  }
}
