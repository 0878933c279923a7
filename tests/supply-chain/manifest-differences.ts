/** What a `package.json`, and the lockfile for it, say about dependencies. */
export interface Manifest {
  name?: string;
  version?: string;
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const FIELDS = [
  "name",
  "version",
  "workspaces",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
] as const satisfies (keyof Manifest)[];

/**
 * Lists where the lockfile does not match the current `package.json`, one line each. Both are by folder,
 * `""` being the root's.
 */
export function manifestDifferences(
  lockfile: Readonly<Record<string, Manifest>>,
  manifests: Readonly<Record<string, Manifest>>,
): string[] {
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

/** An empty object and a missing field mean the same: no dependencies of that kind. */
function sorted(value: Manifest[keyof Manifest]): string {
  return typeof value === "string" ? value : JSON.stringify(Object.entries(value ?? {}).sort());
}
