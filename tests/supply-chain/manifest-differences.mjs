/**
 * @typedef {object} Manifest What a `package.json`, and the lockfile for it, say about dependencies.
 * @property {string} [name]
 * @property {string} [version]
 * @property {string[]} [workspaces]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {unknown} [overrides]
 * @property {Record<string, boolean>} [allowScripts]
 */

const FIELDS = /** @type {const} */ ([
  "name",
  "version",
  "workspaces",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
]);

/**
 * Lists where the lockfile does not match the current `package.json`, one line each. Both are by folder, `""` being the
 * root's.
 *
 * @param {Readonly<Record<string, Manifest>>} lockfile
 * @param {Readonly<Record<string, Manifest>>} manifests
 * @returns {string[]}
 */
export function manifestDifferences(lockfile, manifests) {
  const own = Object.keys(lockfile).filter((path) => !path.includes("node_modules/"));
  return [...new Set([...own, ...Object.keys(manifests)])].flatMap((path) => {
    const [locked, manifest] = [lockfile[path], manifests[path]];
    const where = path || "the root";
    if (!locked || !manifest) return [`${where}: is not in ${locked ? "the repository" : "the lockfile"}`];
    return FIELDS.filter((field) => sorted(locked[field]) !== sorted(manifest[field])).map(
      (field) => `${where}: has other ${field} than its package.json`,
    );
  });
}

/**
 * An empty object and a missing field mean the same: no dependencies of that kind.
 *
 * @param {Manifest[(typeof FIELDS)[number]]} value
 */
const sorted = (value) =>
  typeof value === "string" ? value : JSON.stringify(Object.entries(value ?? {}).sort());
