import { isPubsubError } from "lambda-websocket-pubsub";
import { printable, printableLines } from "../packages/cli/src/printable.ts";
import { findConfig, NoStackError } from "./find-config.ts";
import { list } from "./list.ts";
import { type DlqOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { redrive } from "./redrive.ts";
import { show } from "./show.ts";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(printableLines(explain(error)));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run(options: DlqOptions): Promise<number> {
  const { json } = options;
  const config = await findConfig(options);
  if (options.command === "list") {
    await list(config, options, json);
    return 0;
  }
  if (options.command === "redrive") return (await redrive(config, options, json)) ? 0 : 1;
  if (await show(config, options, json)) return 0;
  console.error(
    `no dead letter ${printable(options.id)}, or another reader holds it: look again in 20 seconds`,
  );
  return 1;
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof NoStackError) return error.message;
  if (isPubsubError(error)) return `${error.code}: ${error.message}`;
  return String(error instanceof Error ? error.stack : error);
}
