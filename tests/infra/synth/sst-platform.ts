import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const REPOSITORY: string = fileURLToPath(new URL("../../../", import.meta.url));

/** Other apps of the repository, which use the same `.sst/platform`. */
const OTHER_APPS = ["examples/producer-app"];

/** Without these variables, every SST command first downloads Pulumi and Bun, and looks for AWS credentials. */
const OFFLINE = {
  SST_TELEMETRY_DISABLED: "1",
  SST_SKIP_DEPENDENCY_CHECK: "1",
  SST_NO_BUN: "1",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** An installation takes well under a minute. */
const LOCK_STALE_MS = 600_000;
const LOCK_POLL_MS = 500;
const REMOVE = { recursive: true, force: true };

/**
 * Runs `sst install`, which writes SST's components and their types to `.sst/platform`, if they are missing or have
 * another version. Returns the path. They come from the npm registry; no AWS account and no Pulumi engine is needed.
 */
export async function ensurePlatform(root: string = REPOSITORY): Promise<string> {
  const platform = path.join(root, ".sst/platform");
  await mkdir(path.join(root, ".sst"), { recursive: true });
  for (;;) {
    // While another process installs it, the platform is incomplete
    if (await isLocked(root)) await sleep(LOCK_POLL_MS);
    else if (await isCurrent(platform, root)) break;
    else if (await takeLock(root)) await install(root).finally(() => rm(lockOf(root), REMOVE));
  }
  await Promise.all(OTHER_APPS.map((app) => linkPlatform(platform, path.join(root, app))));
  return platform;
}

/** Returns whether the platform exists, seems complete, and has the version of the `sst` package. */
export async function isCurrent(platform: string, root: string = REPOSITORY): Promise<boolean> {
  const whole = ["config.d.ts", "node_modules/@pulumi/aws/package.json", "node_modules/esbuild/package.json"];
  if (!whole.every((file) => existsSync(path.join(platform, file)))) return false;
  const installed = await readFile(path.join(platform, "version"), "utf8").catch(() => "none");
  return installed.trim() === (await sstVersion(root));
}

export async function sstVersion(root: string = REPOSITORY): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(path.join(root, "node_modules/sst/package.json"), "utf8"),
  );
  return (manifest as { version: string }).version;
}

async function install(root: string): Promise<void> {
  const cli = path.join(root, "node_modules/sst/bin/sst.mjs");
  const options = { cwd: root, env: { ...process.env, ...OFFLINE } };
  try {
    await promisify(execFile)(process.execPath, [cli, "install", "--stage", "ci"], options);
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new Error(`sst install failed; it needs the npm registry\n${stdout}${stderr}`, { cause });
  }
}

const lockOf = (root: string): string => path.join(root, ".sst/installing");

/** Takes the lock, or returns false. Test files run in parallel, and several may find the platform missing. */
const takeLock = (root: string): Promise<boolean> =>
  mkdir(lockOf(root)).then(
    () => true,
    () => false,
  );

/** Removes the lock of a killed installation, together with the file that marks it as done. */
async function isLocked(root: string): Promise<boolean> {
  const lock = await stat(lockOf(root)).catch(() => undefined);
  if (!lock || Date.now() - lock.mtimeMs < LOCK_STALE_MS) return lock !== undefined;
  await rm(path.join(root, ".sst/platform/version"), REMOVE);
  await rm(lockOf(root), REMOVE);
  return false;
}

/** Links the platform into the app's folder, so that the app's own reference to `.sst/platform` resolves. */
async function linkPlatform(platform: string, app: string): Promise<void> {
  const link = path.join(app, ".sst/platform");
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(platform, link, "dir").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

if (import.meta.main) await ensurePlatform();
