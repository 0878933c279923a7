import { isPubsubError } from "lambda-websocket-pubsub";
import { commands } from "./commands.ts";
import { nearest } from "./nearest.ts";
import { printableLines } from "./printable.ts";
import { NotAvailableError, UsageError } from "./usage-error.ts";

/** Runs one command line without the program's name. Returns the exit code: 0, 1 if something failed, 2 for bad usage. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(usage());
    return name === undefined ? 2 : 0;
  }
  try {
    const run = await commandNamed(name).load();
    return await run(rest);
  } catch (error) {
    console.error(printableLines(explain(error)));
    return error instanceof UsageError ? 2 : 1;
  }
}

function commandNamed(name: string) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return command;
  const known = Object.keys(commands);
  const meant = nearest(name, known);
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  throw new UsageError(`pubsub has no command ${JSON.stringify(name)}; it has ${known.join(", ")}.${hint}`);
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "Usage: pubsub COMMAND [options]",
    "",
    ...lines,
    "",
    "pubsub COMMAND --help lists its options.",
  ].join("\n");
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nSee --help.`;
  if (error instanceof NotAvailableError) return error.message;
  if (isPubsubError(error)) return `${error.code}: ${error.message}`;
  return String(error instanceof Error ? error.stack : error);
}
