/**
 * Checks that the packed packages work for their users: publint checks files and exports, attw checks types for every
 * way of resolving modules, and package.json must not mention the sources, which are not published.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packPackages } from "./pack-packages.ts";
import { type PackageManifest, SOURCE_CONDITION } from "./published-manifest.ts";

/** Commands and a tool for tests. For the others no kind of resolution is left out. */
const ES_MODULES_ONLY = ["local", "cli"];

/** Programs read it as a file. No kind of resolution has types for it. */
const NO_MODULES = ["--exclude-entrypoints", "openapi.json"];

const bin = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pubsub-check-packages-"));
try {
  for (const [name, tarball] of Object.entries(packPackages(folder))) {
    const profile = ES_MODULES_ONLY.includes(name) ? "esm-only" : "strict";
    check(tarball, "publint", ["run", tarball, "--strict"]);
    const attw = ["--profile", profile, "--no-summary", "--format", "ascii", ...NO_MODULES];
    check(tarball, "attw", [tarball, ...attw]);
    checkManifest(tarball);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function check(tarball: string, tool: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(join(bin, tool), args, { encoding: "utf8" });
  if (status === 0) {
    console.log(`${basename(tarball)}: ${tool} found nothing`);
    return;
  }
  console.error(stdout + stderr);
  process.exitCode = 1;
}

function checkManifest(tarball: string): void {
  const { stdout } = spawnSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" });
  const { exports } = JSON.parse(stdout) as PackageManifest;
  if (!JSON.stringify(exports).includes(SOURCE_CONDITION)) return;
  console.error(`${basename(tarball)}: package.json must not have the condition ${SOURCE_CONDITION}`);
  process.exitCode = 1;
}
