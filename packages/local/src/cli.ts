#!/usr/bin/env node
import { parseArguments, portFlags, UsageError, usage } from "./cli-arguments.ts";
import { introduction, shownLog, writeEnvFile } from "./cli-output.ts";
import { PubsubLocalError } from "./errors.ts";
import { type LocalStack, startLocal } from "./start-local.ts";

const FORCED_EXIT_CODE = 130; // 128 + SIGINT, as shells have it

/** One Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;

try {
  const parsed = parseArguments(process.argv.slice(2));
  if (parsed === "help") console.log(usage);
  else await run(parsed);
} catch (error) {
  console.error(explain(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run({ ports, json }: Exclude<ReturnType<typeof parseArguments>, "help">): Promise<void> {
  const stopRequested = Promise.withResolvers<void>();
  let firstSignalMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // The second one does not wait: children end by themselves once this process is gone.
      const nowMs = performance.now();
      firstSignalMs ??= nowMs;
      if (nowMs - firstSignalMs > SAME_SIGNAL_MS) process.exit(FORCED_EXIT_CODE);
      stopRequested.resolve();
    });
  }
  if (process.stderr.isTTY) console.error("Starting…");
  const stack = await startLocal({
    ports,
    onLog: (line, source) => {
      const shown = shownLog(line, source);
      if (shown !== undefined) console.error(shown);
    },
  });
  try {
    await writeEnvFile(stack.env);
    if (json) console.log(JSON.stringify(addresses(stack)));
    else console.log(introduction(stack));
    await stopRequested.promise;
    if (process.stderr.isTTY) console.error("\nStopping… (Ctrl-C again to force)");
  } finally {
    await stack.stop();
  }
}

function addresses(stack: LocalStack): Record<string, unknown> {
  const { websocketUrl, managementEndpoint, dynamodbEndpoint, dynamodbTableName } = stack;
  const { fanoutQueueUrl, deadLetterQueueUrl, env } = stack;
  return {
    websocketUrl,
    managementEndpoint,
    dynamodbEndpoint,
    dynamodbTableName,
    fanoutQueueUrl,
    deadLetterQueueUrl,
    env,
  };
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof PubsubLocalError)) return String(error instanceof Error ? error.stack : error);
  const flag = error.code === "PORT_IN_USE" ? portFlags[String(error.context.service)] : undefined;
  return flag === undefined ? error.message : `${error.message}. Choose another one with ${flag} N.`;
}
