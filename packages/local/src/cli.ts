import { type CliArguments, expandVariables, parseArguments, UsageError } from "./cli-arguments.ts";
import { introduction } from "./cli-output.ts";
import { usage } from "./cli-usage.ts";
import { explainError } from "./explain-error.ts";
import { placeEnvironment } from "./place-environment.ts";
import { printableJson, printableLines } from "./printable.ts";
import { logToStandardError } from "./shown-log.ts";
import { type LocalStack, startLocal } from "./start-local.ts";

/** Nobody configures this address, so that a port in use is no reason not to start. */
const DEFAULT_INSPECTOR_PORT = 3_003;
const FORCED_EXIT_CODE = 130; // 128 + SIGINT, as in shells

/** Under npm one Ctrl-C arrives twice: once from the terminal and once from npm. */
const SAME_SIGNAL_MS = 500;

/** Runs the local stack until it is interrupted. Resolves to the exit code. Never throws. */
export async function runLocal(args: readonly string[]): Promise<number> {
  try {
    const parsed = parseArguments([...args]);
    if (parsed === "help") console.log(usage);
    else await run(parsed);
    return 0;
  } catch (error) {
    console.error(printableLines(await explainError(error)));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run({ envFile, json, ...given }: CliArguments): Promise<void> {
  const stopRequested = Promise.withResolvers<void>();
  let firstSignalMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A second Ctrl-C exits at once: child processes end by themselves when this process has ended.
      const nowMs = performance.now();
      firstSignalMs ??= nowMs;
      if (nowMs - firstSignalMs > SAME_SIGNAL_MS) process.exit(FORCED_EXIT_CODE);
      stopRequested.resolve();
    });
  }
  if (process.stderr.isTTY) console.error("Starting…");
  const stack = await startLocal({
    ...given,
    ports: { ...(given.inspector && { inspector: { prefer: DEFAULT_INSPECTOR_PORT } }), ...given.ports },
    functionEnv: (stackEnv) => expandVariables(given.functionEnv, stackEnv),
    onLog: logToStandardError,
  });
  try {
    const placed = await placeEnvironment({ env: stack.env, envFile, gatewayPort: given.ports.gateway });
    process.once("exit", () => placed.file?.remove());
    if (json && placed.note) console.error(printableLines(placed.note.trim()));
    console.log(json ? printableJson(addresses(stack)) : printableLines(introduction(stack, placed)));
    await stopRequested.promise;
    if (process.stderr.isTTY) console.error("\nStopping… (Ctrl-C again to force)");
    placed.file?.remove();
  } finally {
    await stack.stop();
  }
}

function addresses(stack: LocalStack): Record<string, unknown> {
  const { websocketUrl, managementEndpoint, httpUrl, inspectorUrl, dynamodbEndpoint, dynamodbTableName } =
    stack;
  const { fanoutQueueUrl, deadLetterQueueUrl, env } = stack;
  return {
    websocketUrl,
    managementEndpoint,
    httpUrl,
    inspectorUrl,
    dynamodbEndpoint,
    dynamodbTableName,
    fanoutQueueUrl,
    deadLetterQueueUrl,
    env,
  };
}
