import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../synth/sst-platform.ts";

export const CDK_EXAMPLE: string = path.join(REPOSITORY, "examples/deploy-cdk");

/**
 * Installs the dependencies of the CDK example in its folder, unless they are installed. They are 180 MB from the npm
 * registry, by the example's lockfile, and only work on the example needs them.
 */
export async function ensureCdk(): Promise<void> {
  const lock = JSON.parse(await readFile(path.join(CDK_EXAMPLE, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  for (const name of ["aws-cdk-lib", "constructs"]) {
    const wanted = lock.packages[`node_modules/${name}`]?.version;
    if ((await installedVersion(name)) !== wanted) return install();
  }
}

async function installedVersion(name: string): Promise<string | undefined> {
  const manifest = path.join(CDK_EXAMPLE, "node_modules", name, "package.json");
  const text = await readFile(manifest, "utf8").catch(() => "{}");
  return (JSON.parse(text) as { version?: string }).version;
}

async function install(): Promise<void> {
  const args = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    await promisify(execFile)("npm", args, { cwd: CDK_EXAMPLE });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new Error(`npm ci of examples/deploy-cdk failed; it needs the npm registry\n${stdout}${stderr}`, {
      cause,
    });
  }
}

if (import.meta.main) await ensureCdk();
