import { readFileSync, rmSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseEnv } from "node:util";
import { runningStack, type StackIdentity } from "./stack-id.ts";

export interface EnvFile {
  path: string;
  /** Synchronous, so that an exit which does not wait for anything still removes the file. */
  remove(): void;
}

/**
 * Writes the environment to `path`, unless the file belongs to another stack that is running. The file of a stack that
 * does not run any more is replaced.
 *
 * @throws the file system's errors
 */
export async function writeEnvFile(
  env: Readonly<Record<string, string>>,
  path: string,
): Promise<EnvFile | { takenBy: StackIdentity }> {
  const takenBy = await runningStack(parseEnv(await readFile(path, "utf8").catch(() => "")));
  if (takenBy) return { takenBy };
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true }); // `mode` only counts for a new file
  await writeFile(path, contentOf(env), { mode: 0o600, flag: "wx" });
  return { path, remove: () => removeOwn(path, env) };
}

/** `node --env-file` and shells can both read the format: single quotes keep the `$` of `$default`. */
function contentOf(env: Readonly<Record<string, string>>): string {
  const heading = `# Written by the local stack with process id ${process.pid}, which removes it when it stops.\n`;
  return (
    heading +
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join("")
  );
}

function removeOwn(path: string, env: Readonly<Record<string, string>>): void {
  try {
    const found = parseEnv(readFileSync(path, "utf8"));
    if (found.PUBSUB_LOCAL_STACK_ID === env.PUBSUB_LOCAL_STACK_ID) rmSync(path);
  } catch {
    // Somebody else has removed the file, or it cannot be read: a stack that ends leaves it.
  }
}
