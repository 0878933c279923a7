import type { Manifest } from "./manifest-differences.ts";

/** The fields that are checked of one installed package in `package-lock.json`. */
export interface LockedPackage extends Manifest {
  resolved?: string;
  integrity?: string;
  link?: boolean;
  /** The package is part of the tarball of the package that contains it, and is hashed with it. */
  inBundle?: boolean;
  bundleDependencies?: string[];
  optional?: boolean;
  os?: string[];
  cpu?: string[];
}

export type Lockfile = Record<string, LockedPackage>;

const REGISTRY = "https://registry.npmjs.org/";
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** A version that npm would fetch from somewhere other than the registry. */
const FOREIGN = /^(git|github:|gitlab:|bitbucket:|https?:|ssh:|file:|link:|[\w.-]+\/[\w.-]+(#|$))/;

/** The names of this repository's packages, by where an example's lockfile takes them from: `file:../../packages/NAME`. */
export type OwnPackages = Readonly<Record<string, string>>;

/**
 * Lists everything in a lockfile that npm would install unchecked, or not from the registry, one line each.
 * Workspaces come from this repository, and are recognised by their path.
 */
export function lockfileProblems(lockfile: Lockfile, ownPackages: OwnPackages = {}): string[] {
  return Object.entries(lockfile).flatMap(([path, locked]) => {
    const isChecked = !isInstalled(path) || isOwn(path, locked, ownPackages);
    const problems = isChecked ? [] : installedProblems(path, locked, lockfile);
    return [...problems, ...foreignDependencies(locked, ownPackages)].map(
      (problem) => `${path || "the root"}: ${problem}`,
    );
  });
}

const isInstalled = (path: string): boolean => path.includes("node_modules/");

/** npm copies it from its folder, so there is no tarball to hash. */
function isOwn(path: string, { resolved = "", link }: LockedPackage, ownPackages: OwnPackages): boolean {
  return !link && Object.hasOwn(ownPackages, resolved) && path === `node_modules/${ownPackages[resolved]}`;
}

function installedProblems(path: string, locked: LockedPackage, lockfile: Lockfile): string[] {
  const { resolved, integrity, link, version = "" } = locked;
  if (link) {
    const isWorkspace = resolved !== undefined && !isInstalled(resolved) && lockfile[resolved] !== undefined;
    return isWorkspace ? [] : [`links to ${resolved}, which is no workspace`];
  }
  const problems = [];
  // npm may leave out where a package came from (omit-lockfile-registry-resolved): then it asks the registry
  if (resolved !== undefined && !resolved.startsWith(REGISTRY)) problems.push(`comes from ${resolved}`);
  if (!/^\d+\.\d+\.\d+/.test(version)) problems.push(`has ${version || "nothing"} for a version`);
  if (integrity === undefined) {
    const isChecked = isUnhashedBinary(path, locked, lockfile) || isBundled(path, locked, lockfile);
    if (!isChecked) problems.push("has no integrity");
  } else if (!INTEGRITY.test(integrity)) problems.push(`has ${integrity} for an integrity`);
  return problems;
}

function isBundled(path: string, { inBundle }: LockedPackage, lockfile: Lockfile): boolean {
  const owner = lockfile[path.slice(0, path.lastIndexOf("/node_modules/"))];
  const bundles = (owner?.bundleDependencies?.length ?? 0) > 0;
  return inBundle === true && bundles && owner?.integrity !== undefined;
}

/** Entries that npm installs only on other platforms, and that have no hash to compare them with. */
export const unhashedBinaries = (lockfile: Lockfile): string[] =>
  Object.keys(lockfile).filter((path) => isUnhashedBinary(path, lockfile[path] ?? {}, lockfile));

/**
 * The binaries for other platforms than the one on which the lockfile was made. npm does not fetch them there, so it
 * has nothing to hash, and on the other platforms installs what the registry has for exactly that version.
 */
function isUnhashedBinary(path: string, locked: LockedPackage, lockfile: Lockfile): boolean {
  if (!isInstalled(path) || locked.link || locked.integrity !== undefined) return false;
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const isForPlatform =
    locked.optional === true && (locked.os?.length ?? 0) > 0 && (locked.cpu?.length ?? 0) > 0;
  const wants = Object.values(lockfile).some(
    ({ integrity, optionalDependencies }) =>
      integrity !== undefined && optionalDependencies?.[name] === locked.version,
  );
  return isForPlatform && wants;
}

function foreignDependencies(
  { dependencies, devDependencies, optionalDependencies, peerDependencies }: LockedPackage,
  ownPackages: OwnPackages,
): string[] {
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
  return Object.entries(all)
    .filter(([name, wanted]) => FOREIGN.test(wanted) && ownPackages[wanted] !== name)
    .map(([name, wanted]) => `depends on ${name} from ${wanted}`);
}
