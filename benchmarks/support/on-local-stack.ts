import { type LocalOptions, type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import type { BenchmarkRun, NumberFlag } from "../benchmark.ts";

/** The flag `gateway-ms` of a benchmark that runs on a local stack. */
export const GATEWAY_MS: NumberFlag = {
  default: 15,
  min: 0,
  max: 1_000,
  help: "milliseconds until the gateway responds to a post",
};

/** Starts a local stack whose gateway takes `gateway-ms` for a post, and stops it after the measurement. */
export async function onLocalStack<Result>(
  { flags, progress }: BenchmarkRun,
  measure: (stack: LocalStack) => Promise<Result>,
  functions: LocalOptions["functions"] = {},
): Promise<Result> {
  progress("starting the local stack");
  const stack = await startLocal({ functions, gateway: { postLatencyMs: flags["gateway-ms"] ?? 0 } });
  try {
    return await measure(stack);
  } finally {
    await stack.stop();
  }
}
