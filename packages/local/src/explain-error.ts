import { portFlags, UsageError } from "./cli-arguments.ts";
import { PubsubLocalError } from "./errors.ts";
import { askStack } from "./stack-id.ts";
import { urlHost } from "./url-host.ts";

/** Explains to the user of the command why the start failed, and what to do. */
export async function explainError(error: unknown): Promise<string> {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof PubsubLocalError)) return String(error instanceof Error ? error.stack : error);
  const { code, context, message } = error;
  if (code === "HOST_NOT_AVAILABLE") {
    return `${message}. Choose another one with --host ADDRESS, such as --host ::1 where there is only IPv6.`;
  }
  if (code === "TABLE_EXISTS") return `${message}. Choose another one with --table-name NAME.`;
  if (code !== "PORT_IN_USE") return message;
  const flag = portFlags[String(context.service)];
  const other = await askStack(`http://${urlHost(String(context.host))}:${context.port}`);
  if (other === undefined) return `${message}. Choose another one with ${flag} N.`;
  const { http: _, inspector: __, ...everyStack } = portFlags;
  const flags = Object.values(everyStack).map((each) => `${each} N`);
  return (
    `A local stack runs on port ${context.port} already (process ${other.pid}). Use it, stop it (Ctrl-C in its ` +
    `terminal, or kill ${other.pid}), or start another one beside it with ${flags.join(" ")}.`
  );
}
