import { nodeTooOld } from "./node-version.ts";

export { type LocalCommandOption, localOptions } from "./cli-options.ts";

/**
 * Runs what the command `lambda-websocket-pubsub-local` runs, with its arguments: starts the local stack and resolves to the
 * exit code when the stack has been stopped by Ctrl-C. Never throws: it prints what is wrong. `localOptions` are its
 * options, for other commands that pass them on.
 *
 * @example
 * ```ts
 * import { runLocalCommand } from "lambda-websocket-pubsub-local/command";
 *
 * process.exitCode = await runLocalCommand(["--gateway-port", "4001"]);
 * ```
 */
export async function runLocalCommand(args: readonly string[]): Promise<number> {
  const problem = nodeTooOld();
  if (problem !== undefined) {
    console.error(problem);
    return 1;
  }
  hideSqliteWarning();
  const { runLocal } = await import("./cli.ts");
  return runLocal(args);
}

/** Node 22 warns that its SQLite is experimental. The SQS server uses it, and the user cannot act on the warning. */
function hideSqliteWarning(): void {
  const emit = process.emitWarning as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).startsWith("SQLite is an experimental feature")) emit.apply(process, args);
  };
}
