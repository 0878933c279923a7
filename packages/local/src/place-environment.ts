import { resolve } from "node:path";
import { UsageError } from "./cli-arguments.ts";
import { type EnvFile, writeEnvFile } from "./env-file.ts";
import { errorMessage } from "./errors.ts";
import type { StackIdentity } from "./stack-id.ts";

export const ENV_FILE = ".local/env";

export interface PlacedEnvironment {
  /** Absent if the file could not be written. */
  file?: EnvFile;
  /** What the user has to know if the file is elsewhere or missing. */
  note?: string;
}

export interface EnvironmentPlace {
  env: Readonly<Record<string, string>>;
  /** The file that the user chose. If it cannot be written, no other place is tried. */
  envFile: string | undefined;
  gatewayPort: number;
}

/**
 * Writes the environment to `.local/env`, or to a file beside it if that one belongs to another stack that is running.
 * If the folder can't be written to, the stack runs without the file.
 *
 * @throws UsageError if the user's own choice of a file can't be written
 */
export async function placeEnvironment({
  env,
  envFile,
  gatewayPort,
}: EnvironmentPlace): Promise<PlacedEnvironment> {
  if (envFile !== undefined) return placeExactly(env, envFile);
  try {
    const placed = await writeEnvFile(env, resolve(ENV_FILE));
    if (!("takenBy" in placed)) return { file: placed };
    const beside = await writeEnvFile(env, resolve(`${ENV_FILE}-${gatewayPort}`));
    const note = `  ${ENV_FILE} belongs to the ${nameOf(placed.takenBy)}.`;
    return "takenBy" in beside ? { note } : { file: beside, note };
  } catch (error) {
    return {
      note:
        `  ${ENV_FILE} could not be written (${errorMessage(error)}). ` +
        "--write-env FILE takes another place; or set the variables below.",
    };
  }
}

async function placeExactly(env: EnvironmentPlace["env"], envFile: string): Promise<PlacedEnvironment> {
  let placed: Awaited<ReturnType<typeof writeEnvFile>>;
  try {
    placed = await writeEnvFile(env, resolve(envFile));
  } catch (cause) {
    throw new UsageError(`--write-env ${envFile} could not be written (${errorMessage(cause)})`, { cause });
  }
  if ("takenBy" in placed) {
    throw new UsageError(`--write-env ${envFile} belongs to the ${nameOf(placed.takenBy)}. Choose another.`);
  }
  return { file: placed };
}

const nameOf = ({ pid, websocketUrl }: StackIdentity): string =>
  `local stack at ${websocketUrl} (process ${pid})`;
