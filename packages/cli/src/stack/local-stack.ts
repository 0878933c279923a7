import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { NotAvailableError } from "../usage-error.ts";
import { partsOfEnvironment } from "./environment.ts";
import type { Stack } from "./stack.ts";

/** `pubsub local` and `npm start` write it in the folder where they were started. */
export const ENV_FILE = ".local/env";

/**
 * Returns the local stack whose environment is in the file, or undefined if there is no such file. This process takes over
 * the environment, because the AWS clients read their settings there. Throws `NotAvailableError` if that stack does not
 * run any more: the file remains when a stack is killed, and other servers may use its ports by now.
 */
export async function localStack(file: string): Promise<Stack | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new NotAvailableError(`${file} cannot be read (${error.code})`, { cause: error });
  });
  if (text === undefined) return undefined;
  const env = parseEnv(text);
  const parts = partsOfEnvironment(env);
  if (!parts.url || !parts.table || !parts.queue) {
    throw new NotAvailableError(`${file} is not the environment of a local stack`);
  }
  const { isStackRunning } = await import("lambda-websocket-pubsub-local");
  if (!(await isStackRunning(env))) {
    throw new NotAvailableError(
      `the local stack of ${file} does not run any more. pubsub local starts one; ` +
        "remove the file to use the stage of .sst/outputs.json",
    );
  }
  Object.assign(process.env, env);
  return { kind: "local", foundIn: file, ...parts };
}
