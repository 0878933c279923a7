import { globSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lockfile, lockfileProblems, unhashedBinaries } from "./lockfile-problems.ts";
import { type Manifest, manifestDifferences } from "./manifest-differences.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(`${repository}${path}`, "utf8"));

const folders = (pattern: string): string[] => globSync(pattern, { cwd: repository }).map(dirname);

/** The repository's own lockfile, and those of folders that are installed on their own. */
const ROOTS = ["", ...folders("{examples,tests/e2e}/*/package-lock.json").map((folder) => `${folder}/`)];

/** What this repository publishes. An example may install it from its folder. */
const PUBLISHED = folders("packages/*/package.json").map((folder) => {
  const { devDependencies: _, ...manifest } = read(`${folder}/package.json`) as Manifest & { name: string };
  return { folder, manifest };
});

for (const folder of ROOTS) {
  const file = `${folder}package-lock.json`;
  const { packages: lockfile } = read(file) as { packages: Lockfile };
  const root = read(`${folder}package.json`) as Manifest;
  const ownPackages = Object.fromEntries(
    PUBLISHED.map((own) => [`file:${relative(folder, own.folder)}`, own.manifest.name]),
  );
  const copies = PUBLISHED.map(
    ({ manifest: { name, ...manifest } }) => [`node_modules/${name}`, manifest] as const,
  );
  const workspaces = (root.workspaces ?? []).flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: repository }).map(dirname),
  );
  const manifests = Object.fromEntries(
    workspaces.map((workspace) => [workspace, read(`${workspace}/package.json`) as Manifest]),
  );
  const problems = [
    ...lockfileProblems(lockfile, ownPackages),
    ...manifestDifferences(lockfile, {
      "": root,
      ...manifests,
      ...Object.fromEntries(copies.filter(([path]) => lockfile[path] && !lockfile[path].link)),
    }),
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
