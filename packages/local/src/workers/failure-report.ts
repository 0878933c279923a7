import { FunctionInvocationError } from "./function-error.ts";

/** Frames of what invokes, builds and loads the function, which say nothing about it. */
const MACHINERY = /^\s+at .*(\/worker-runtime\.[jt]s:|\(?node:|\/node_modules\/esbuild\/)/;

/** What the function's own log says about a failed invocation; Lambda's runtime writes the same to CloudWatch. */
export function failureReport(error: unknown): string | undefined {
  if (!(error instanceof FunctionInvocationError)) return String(error);
  const { code, errorType, errorMessage } = error;
  const remoteStack = error.remoteStack.filter((line) => !MACHINERY.test(line));
  const summary = `${errorType}: ${errorMessage}`;
  // A stack usually begins with the same words.
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
