import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PackageManifest, publishedManifest } from "./published-manifest.ts";

const repository = fileURLToPath(new URL("../", import.meta.url));
const NAMES = ["pubsub", "client", "local", "cli"] as const;

type PackageName = (typeof NAMES)[number];
export type Tarballs = Record<PackageName, string>;

/**
 * Builds and packs all packages into a folder, and returns their paths. The work is done on copies: whatever else runs
 * in this repository goes on reading its own package.json and dist.
 */
export function packPackages(destination: string): Tarballs {
  const staging = mkdtempSync(join(tmpdir(), "pubsub-pack-"));
  try {
    const packed = NAMES.map((name) => [name, packPackage(name, join(staging, name), destination)]);
    return Object.fromEntries(packed) as Tarballs;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function packPackage(name: PackageName, copy: string, destination: string): string {
  const manifest = buildPackage(name, copy);
  run(copy, "npm", ["pack", "--pack-destination", destination, "--loglevel=error"]);
  return join(destination, `${manifest.name}-${manifest.version}.tgz`);
}

/** Builds a package into a folder that does not exist. It has the files that npm would publish. */
export function buildPackage(name: PackageName, copy: string): PackageManifest {
  const folder = join(repository, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest;
  const files = (manifest.files as string[]).filter((file) => file !== "dist");
  mkdirSync(copy, { recursive: true });
  for (const file of ["README.md", "LICENSE", ...files]) {
    if (!existsSync(join(folder, file))) throw new Error(`packages/${name} has no ${file}`);
    cpSync(join(folder, file), join(copy, file), { recursive: true });
  }
  writeFileSync(join(copy, "package.json"), JSON.stringify(publishedManifest(manifest), null, 2));
  const tsdown = join(repository, "node_modules/tsdown/dist/run.mjs");
  run(folder, process.execPath, [tsdown, "--out-dir", join(copy, "dist")]);
  return manifest;
}

function run(cwd: string, command: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stdout + stderr}`);
}
