import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lockfile, lockfileProblems, unhashedBinaries } from "./lockfile-problems.ts";
import { type Manifest, manifestDifferences } from "./manifest-differences.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(`${repository}${path}`, "utf8"));

const { packages: lockfile } = read("package-lock.json") as { packages: Lockfile };
const root = read("package.json") as Manifest;
const folders = (root.workspaces ?? []).flatMap((pattern) =>
  globSync(`${pattern}/package.json`, { cwd: repository }).map(dirname),
);
const manifests = Object.fromEntries(
  folders.map((folder) => [folder, read(`${folder}/package.json`) as Manifest]),
);

const problems = [
  ...lockfileProblems(lockfile),
  ...manifestDifferences(lockfile, { "": root, ...manifests }),
];
for (const problem of problems) console.error(`package-lock.json: ${problem}`);
const counts = [
  `${Object.keys(lockfile).length} entries`,
  `${problems.length} problems`,
  `${unhashedBinaries(lockfile).length} binaries for other platforms that nothing is known of to check them by`,
];
console.log(`package-lock.json: ${counts.join(", ")}`);
if (problems.length > 0) process.exitCode = 1;
