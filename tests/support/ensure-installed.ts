import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const repository = fileURLToPath(new URL("../../", import.meta.url));

interface Locked {
  version?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

export interface InstallOptions {
  /** Leaves out the development dependencies. */
  omitDev?: boolean;
}

/**
 * Runs `npm ci` in a folder that has its own lockfile, unless what the lockfile says is installed. That needs the npm
 * registry, or npm's cache of it. It runs no scripts of the packages.
 */
export async function ensureInstalled(
  folder: string,
  { omitDev = false }: InstallOptions = {},
): Promise<void> {
  const wanted = await lockedIn(join(folder, "package-lock.json"));
  // npm writes it when an installation is complete
  const installed = await lockedIn(join(folder, "node_modules/.package-lock.json")).catch(() => ({}));
  if (isInstalled(wanted, installed, omitDev)) return;
  const args = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  if (omitDev) args.push("--omit=dev");
  try {
    await promisify(execFile)("npm", args, { cwd: folder });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    const where = relative(repository, folder);
    throw new Error(`npm ci of ${where} failed; it needs the npm registry\n${stdout}${stderr}`, { cause });
  }
}

type Lockfile = Readonly<Record<string, Locked>>;

async function lockedIn(file: string): Promise<Lockfile> {
  return (JSON.parse(await readFile(file, "utf8")) as { packages: Lockfile }).packages;
}

function isInstalled(wanted: Lockfile, installed: Lockfile, omitDev: boolean): boolean {
  return Object.entries(wanted).every(([path, { version, integrity, dev, optional, devOptional }]) => {
    // Optional packages are for some platforms only
    if (path === "" || optional || devOptional || (dev && omitDev)) return true;
    const found = installed[path];
    return found?.version === version && found?.integrity === integrity;
  });
}
