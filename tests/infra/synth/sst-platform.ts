import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const REPOSITORY: string = fileURLToPath(new URL("../../../", import.meta.url));

/** Apps beside the repository's own, whose `.sst/platform` is the same one. */
const OTHER_APPS = ["examples/producer-app"];

/** Without these, every SST command first downloads Pulumi and Bun, and looks for AWS credentials. */
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
 * SST's components and their types, as `sst install` lays them out in `.sst/platform`, installed if they are
 * missing or another version's. It comes from the npm registry alone: no AWS account, no Pulumi engine.
 */
export async function ensurePlatform(root: string = REPOSITORY): Promise<string> {
  const platform = path.join(root, ".sst/platform");
  await mkdir(path.join(root, ".sst"), { recursive: true });
  for (;;) {
    // While another process installs, the platform is not complete yet
    if (await isLocked(root)) await sleep(LOCK_POLL_MS);
    else if (await isCurrent(platform, root)) break;
    else if (await takeLock(root)) await install(root).finally(() => rm(lockOf(root), REMOVE));
  }
  await Promise.all(OTHER_APPS.map((app) => linkPlatform(platform, path.join(root, app))));
  return platform;
}

/** Whether the platform exists, seems complete, and has the version of the `sst` package. */
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

/** Test files run in parallel, and the first ones all find the platform missing. */
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

/** So that the example's own reference to `.sst/platform` resolves here as it does where it is an app alone. */
async function linkPlatform(platform: string, app: string): Promise<void> {
  const link = path.join(app, ".sst/platform");
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(platform, link, "dir").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

if (import.meta.main) await ensurePlatform();
