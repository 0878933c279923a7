import { FunctionInvocationError } from "./function-error.ts";

/** Matches stack frames of the code that invokes, builds and loads the function. They do not help its author. */
const MACHINERY = /^\s+at .*(\/worker-runtime\.[jt]s:|\(?node:|\/node_modules\/esbuild\/)/;

/** Returns the text that the function's log gets after a failed invocation. Lambda's runtime writes the same. */
export function failureReport(error: unknown): string | undefined {
  if (!(error instanceof FunctionInvocationError)) return String(error);
  const { code, errorType, errorMessage } = error;
  const remoteStack = error.remoteStack.filter((line) => !MACHINERY.test(line));
  const summary = `${errorType}: ${errorMessage}`;
  // A stack trace usually begins with the error's type and message.
  const [firstLine = ""] = remoteStack;
  const repeats = firstLine.includes(errorMessage.split("\n")[0] ?? "") && firstLine !== "";
  const text = repeats ? remoteStack.join("\n") : [summary, ...remoteStack].join("\n");
  switch (code) {
    case "HANDLER_ERROR":
      return `The handler failed: ${text}`;
    case "INIT_ERROR":
      return `The function could not be loaded: ${text}`;
    case "TIMEOUT":
    case "CRASHED":
      return `The invocation failed: ${summary}`;
    case "STOPPED":
      return undefined;
  }
}
