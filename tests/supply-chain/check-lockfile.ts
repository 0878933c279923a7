import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lockfile, lockfileProblems, unhashedBinaries } from "./lockfile-problems.ts";
import { type Manifest, manifestDifferences } from "./manifest-differences.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(`${repository}${path}`, "utf8"));

/** The repository's own lockfile, and those of examples that are installed on their own. */
const ROOTS = [
  "",
  ...globSync("examples/*/package-lock.json", { cwd: repository }).map((file) => `${dirname(file)}/`),
];

for (const folder of ROOTS) {
  const file = `${folder}package-lock.json`;
  const { packages: lockfile } = read(file) as { packages: Lockfile };
  const root = read(`${folder}package.json`) as Manifest;
  const workspaces = (root.workspaces ?? []).flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: repository }).map(dirname),
  );
  const manifests = Object.fromEntries(
    workspaces.map((workspace) => [workspace, read(`${workspace}/package.json`) as Manifest]),
  );
  const problems = [
    ...lockfileProblems(lockfile),
    ...manifestDifferences(lockfile, { "": root, ...manifests }),
  ];
  for (const problem of problems) console.error(`${file}: ${problem}`);
  const counts = [
    `${Object.keys(lockfile).length} entries`,
    `${problems.length} problems`,
    `${unhashedBinaries(lockfile).length} binaries for other platforms that have no known hash`,
  ];
  console.log(`${file}: ${counts.join(", ")}`);
  if (problems.length > 0) process.exitCode = 1;
}
