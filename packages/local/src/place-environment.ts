import { resolve } from "node:path";
import { UsageError } from "./cli-arguments.ts";
import { type EnvFile, writeEnvFile } from "./env-file.ts";
import { errorMessage } from "./errors.ts";
import type { StackIdentity } from "./stack-id.ts";

export const ENV_FILE = ".local/env";

export interface PlacedEnvironment {
  /** Absent where none could be written. */
  file?: EnvFile;
  /** What the user has to know about the place. */
  note?: string;
}

export interface EnvironmentPlace {
  env: Readonly<Record<string, string>>;
  /** The user's own choice, which is taken or refused. */
  envFile: string | undefined;
  gatewayPort: number;
}

/**
 * Writes the environment to `.local/env`, or beside it where that belongs to another stack that runs. A folder that
 * can't be written to only costs the file.
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
