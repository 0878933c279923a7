import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { extract } from "tar";

export const EMULATOR_PACKAGE = "amplify-dynamodb-simulator";
export const EMULATOR_VERSION = "2.9.30";
/** The hash of that version's tarball in the npm registry. */
const INTEGRITY =
  "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==";
const TIMEOUT_MS = 300_000;
/**
 * npm retries once, after a second. With its defaults it takes more than a minute to report that the network is down.
 */
const NPM_FLAGS = ["--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];

export interface EmulatorDownload {
  /** Writes the package's tarball into a folder, under any name. */
  fetchTarball?: (folder: string) => Promise<void>;
  integrity?: string;
}

/** Downloads the package and unpacks it into `target`. It uses npm, which knows the registry, proxy and credentials. */
export async function downloadEmulator(
  target: string,
  { fetchTarball = packWithNpm, integrity = INTEGRITY }: EmulatorDownload = {},
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  // It is unpacked in another folder and then renamed. So an interrupted download, or two at the same time, never leave
  // an incomplete folder.
  const aside = await mkdtemp(`${target}-`);
  try {
    await fetchTarball(aside);
    const [tarball] = await readdir(aside);
    if (tarball === undefined) throw new Error("npm did not write a tarball");
    await assertIntegrity(join(aside, tarball), integrity);
    const unpacked = join(aside, "unpacked");
    await mkdir(unpacked);
    await extract({ file: join(aside, tarball), cwd: unpacked, strip: 1 });
    await rename(unpacked, target).catch((error: unknown) => {
      if (!existsSync(join(target, "emulator"))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function assertIntegrity(file: string, expected: string): Promise<void> {
  const actual = `sha512-${createHash("sha512")
    .update(await readFile(file))
    .digest("base64")}`;
  if (actual !== expected)
    throw new Error(`the registry's tarball has the hash ${actual} instead of ${expected}`);
}

async function packWithNpm(folder: string): Promise<void> {
  const args = [
    "pack",
    `${EMULATOR_PACKAGE}@${EMULATOR_VERSION}`,
    "--pack-destination",
    folder,
    ...NPM_FLAGS,
  ];
  // Under npm, `npm_execpath` is the path of that npm. Otherwise on Windows npm is a script, which needs a shell.
  const { npm_execpath: npmCli } = process.env;
  const underNpm = npmCli !== undefined && /npm-cli\.c?js$/.test(npmCli);
  const [command, commandArgs] = underNpm ? [process.execPath, [npmCli, ...args]] : ["npm", args];
  try {
    await promisify(execFile)(command, commandArgs, {
      timeout: TIMEOUT_MS,
      cwd: folder,
      shell: !underNpm && process.platform === "win32",
    });
  } catch (cause) {
    throw new Error(`npm pack ${EMULATOR_PACKAGE}@${EMULATOR_VERSION} failed (${reasonOf(cause)})`, {
      cause,
    });
  }
}

/** Returns the reason from npm's error output, in one line. */
function reasonOf(error: unknown): string {
  const { stderr = "", code, message } = error as { stderr?: string; code?: unknown; message: string };
  if (code === "ENOENT") return "npm is not on the PATH";
  const lines = stderr
    .split("\n")
    .flatMap((line) => /^npm (?:error|ERR!) (?!code|errno|syscall|A complete)(.+)/.exec(line)?.[1] ?? []);
  return lines[0] ?? message.split("\n")[0] ?? "";
}
