/**
 * Checks every lockfile of the repository. It runs before `npm ci`, on the Node of the machine and without any package,
 * so that nothing of a lockfile that it refuses has been installed. Hence it is JavaScript that Node 20 can run.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lockfileProblems, overrideProblems, undecidedScripts } from "./lockfile-problems.mjs";
import { manifestDifferences } from "./manifest-differences.mjs";

/** @import { Lockfile } from "./lockfile-problems.mjs" */
/** @import { Manifest } from "./manifest-differences.mjs" */

const repository = fileURLToPath(new URL("../../", import.meta.url));

/**
 * @param {string} path
 * @returns {unknown}
 */
const read = (path) => JSON.parse(readFileSync(`${repository}${path}`, "utf8"));

/**
 * The folders in a folder that have a file of this name. Node 20 has no `globSync`.
 *
 * @param {string} parent
 * @param {string} file
 */
const foldersWith = (parent, file) =>
  readdirSync(`${repository}${parent}`)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(`${repository}${folder}/${file}`));

/**
 * A workspace is a folder, or `folder/*`.
 *
 * @param {string} pattern
 */
const workspacesOf = (pattern) =>
  pattern.endsWith("/*") ? foldersWith(pattern.slice(0, -"/*".length), "package.json") : [pattern];

/** The repository's own lockfile, and those of folders that are installed on their own. */
const ROOTS = [
  "",
  ...["examples", "tests/e2e"]
    .flatMap((parent) => foldersWith(parent, "package-lock.json"))
    .map((folder) => `${folder}/`),
];

/** What this repository publishes. An example may install it from its folder. */
const PUBLISHED = foldersWith("packages", "package.json").map((folder) => {
  const { devDependencies: _, ...manifest } = /** @type {Manifest & { name: string }} */ (
    read(`${folder}/package.json`)
  );
  return { folder, manifest };
});

for (const folder of ROOTS) {
  const file = `${folder}package-lock.json`;
  const { packages: lockfile, lockfileVersion } =
    /** @type {{ packages: Lockfile, lockfileVersion: unknown }} */ (read(file));
  const root = /** @type {Manifest} */ (read(`${folder}package.json`));
  const ownPackages = Object.fromEntries(
    PUBLISHED.map((own) => [`file:${relative(folder, own.folder)}`, own.manifest.name]),
  );
  const copies = PUBLISHED.map(
    ({ manifest: { name, ...manifest } }) =>
      /** @type {[string, Manifest]} */ ([`node_modules/${name}`, manifest]),
  );
  const workspaces = (root.workspaces ?? []).flatMap(workspacesOf);
  const manifests = Object.fromEntries(
    workspaces.map((workspace) => [workspace, /** @type {Manifest} */ (read(`${workspace}/package.json`))]),
  );
  const problems = [
    ...(lockfileVersion === 3 ? [] : [`has the version ${lockfileVersion}; only 3 is checked`]),
    ...lockfileProblems(lockfile, ownPackages),
    ...overrideProblems(root.overrides),
    // The other folders are installed with --ignore-scripts
    ...(folder === "" ? undecidedScripts(lockfile, root.allowScripts) : []),
    ...manifestDifferences(lockfile, {
      "": root,
      ...manifests,
      ...Object.fromEntries(copies.filter(([path]) => lockfile[path] && !lockfile[path].link)),
    }),
  ];
  for (const problem of problems) console.error(`${file}: ${problem}`);
  console.log(`${file}: ${Object.keys(lockfile).length} entries, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}
