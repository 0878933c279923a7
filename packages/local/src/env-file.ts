import { readFileSync, rmSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import { runningStack, type StackIdentity } from "./stack-id.ts";

export interface EnvFile {
  path: string;
  /** Synchronous, so that an exit which does not wait for anything still removes the file. */
  remove(): void;
}

/**
 * Writes the environment to `path`, unless the file belongs to another stack that is running. The file of a stack that
 * does not run any more is replaced. Of stacks that start at the same moment one gets the file.
 *
 * @throws the file system's errors
 */
export async function writeEnvFile(
  env: Readonly<Record<string, string>>,
  path: string,
): Promise<EnvFile | { takenBy: StackIdentity }> {
  await mkdir(dirname(path), { recursive: true });
  return inTurn(path, async () => {
    const takenBy = await runningStack(parseEnv(await readFile(path, "utf8").catch(() => "")));
    if (takenBy) return { takenBy };
    await rm(path, { force: true }); // `mode` only counts for a new file
    await writeFile(path, contentOf(env), { mode: 0o600, flag: "wx" });
    return { path, remove: () => removeOwn(path, env) };
  });
}

const TURN_POLL_MS = 20;
/** Longer than the question whether a stack is running takes. After this time the process that had the turn has died. */
const TURN_MS = 10_000;

/** Does it while no other process does it for the same file. A folder marks the turn: only one process can create it. */
async function inTurn<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  const turn = `${path}.lock`;
  while (!(await tookTurn(turn))) {
    if (await isAbandoned(turn)) await rm(turn, { recursive: true, force: true });
    else await delay(TURN_POLL_MS);
  }
  try {
    return await act();
  } finally {
    await rm(turn, { recursive: true, force: true });
  }
}

async function tookTurn(turn: string): Promise<boolean> {
  try {
    await mkdir(turn);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(turn: string): Promise<boolean> {
  const began = await stat(turn).catch(() => undefined);
  return began !== undefined && Date.now() - began.mtimeMs > TURN_MS;
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
