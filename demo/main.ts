import { isPubsubError } from "lambda-websocket-pubsub";
import { PubsubLocalError } from "lambda-websocket-pubsub-local";
import { printableLines } from "../packages/cli/src/printable.ts";
import { type DemoOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { describeFailure, describeLatency } from "./report.ts";
import { run } from "./run.ts";
import { findOrStartStack, setEnvironment } from "./stack.ts";
import type { DemoResult } from "./tally.ts";

const STOPPED_EXIT_CODE = 130; // 128 + SIGINT, as in shells

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else process.exitCode = report(await demo(options), options);
} catch (error) {
  if (!stopping.signal.aborted) console.error(printableLines(explain(error)));
  process.exitCode = exitCodeOf(error);
}

async function demo(options: DemoOptions): Promise<DemoResult> {
  const stack = await findOrStartStack();
  try {
    setEnvironment(stack);
    return await run(options, stack, stopping.signal);
  } finally {
    await stack.stop();
  }
}

function report(result: DemoResult, { json }: DemoOptions): number {
  if (json) console.log(JSON.stringify(result));
  else {
    console.table(result);
    console.log(describeLatency(result));
  }
  const failure = describeFailure(result);
  if (failure === undefined) return 0;
  console.error(failure);
  return 1;
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof PubsubLocalError) return error.message;
  if (isPubsubError(error)) return `${error.code}: ${error.message}`;
  return String(error instanceof Error ? error.stack : error);
}

function exitCodeOf(error: unknown): number {
  if (stopping.signal.aborted) return STOPPED_EXIT_CODE;
  return error instanceof UsageError ? 2 : 1;
}
