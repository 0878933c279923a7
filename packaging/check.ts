/** Checks that the packed packages work for their users: publint checks files and exports, attw checks types. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packPackages } from "./pack-packages.ts";

const bin = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pubsub-check-packages-"));
try {
  for (const tarball of Object.values(packPackages(folder))) {
    check(tarball, "publint", ["run", tarball, "--strict"]);
    check(tarball, "attw", [tarball, "--profile", "esm-only", "--no-summary", "--format", "ascii"]);
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
