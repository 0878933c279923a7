/**
 * @import { Manifest } from "./manifest-differences.mjs"
 *
 * @typedef {object} LockedOnly
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [inBundle] The package is part of the tarball of the package that contains it, and is hashed with it.
 * @property {string[]} [bundleDependencies]
 * @property {boolean} [hasInstallScript]
 *
 * @typedef {Manifest & LockedOnly} LockedPackage The fields that are checked of one installed package.
 * @typedef {Record<string, LockedPackage>} Lockfile
 * @typedef {Readonly<Record<string, string>>} OwnPackages The names of this repository's packages, by where an example's
 *   lockfile takes them from: `file:../../packages/NAME`.
 */

const REGISTRY = "https://registry.npmjs.org/";
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** A version that npm would fetch from somewhere other than the registry. */
const FOREIGN = /^(git|github:|gitlab:|bitbucket:|https?:|ssh:|file:|link:|[\w.-]+\/[\w.-]+(#|$))/;
const ALIAS = /^npm:/;

/**
 * Packages that are installed under the name of another one, on purpose. Everything else of this kind is refused, because
 * who reads `package.json` sees a name that is not installed.
 *
 * @type {readonly { as: string, is: string, version: string, why: string }[]}
 */
export const ALIASES = [
  {
    as: "@aws-amplify/amplify-cli-core",
    is: "empty-npm-package",
    version: "1.0.0",
    why: "amplify-dynamodb-simulator depends on it and with it on 290 packages; only the jar inside is used",
  },
];

/**
 * Lists everything in a lockfile that npm would install unchecked, under another name, or not from the registry, one line
 * each. Workspaces come from this repository, and are recognised by their path.
 *
 * @param {Lockfile} lockfile
 * @param {OwnPackages} [ownPackages]
 * @returns {string[]}
 */
export function lockfileProblems(lockfile, ownPackages = {}) {
  return Object.entries(lockfile).flatMap(([path, locked]) => {
    const isChecked = !isInstalled(path) || isOwn(path, locked, ownPackages);
    const problems = isChecked ? [] : installedProblems(path, locked, lockfile);
    return [...problems, ...dependencyProblems(locked, ownPackages)].map(
      (problem) => `${path || "the root"}: ${problem}`,
    );
  });
}

/**
 * Lists the overrides of a `package.json` that put another package in the place of one. The lockfile does not have them.
 *
 * @param {unknown} overrides
 * @param {string} [name] The package that is overridden.
 * @returns {string[]}
 */
export function overrideProblems(overrides, name = "") {
  if (typeof overrides === "string") {
    const isForeign = FOREIGN.test(overrides) || (ALIAS.test(overrides) && !isAllowedAlias(name, overrides));
    return isForeign ? [`overrides ${name} by ${overrides}`] : [];
  }
  if (typeof overrides !== "object" || overrides === null) return [];
  return Object.entries(overrides).flatMap(([key, value]) =>
    // "." is the package itself, and a key may end in a range
    overrideProblems(value, key === "." ? name : key.replace(/(?<=.)@.*$/, "")),
  );
}

/**
 * Lists the packages with an install script about which `package.json` does not decide.
 *
 * @param {Lockfile} lockfile
 * @param {Readonly<Record<string, boolean>>} [allowScripts]
 * @returns {string[]}
 */
export const undecidedScripts = (lockfile, allowScripts = {}) =>
  Object.entries(lockfile)
    .filter(([path, { hasInstallScript }]) => hasInstallScript && isInstalled(path))
    .filter(([path]) => !Object.hasOwn(allowScripts, nameAt(path)))
    .map(([path]) => `${path}: has an install script, about which allowScripts does not decide`);

/** @param {string} path */
const isInstalled = (path) => path.includes("node_modules/");

/** @param {string} path */
const nameAt = (path) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/**
 * npm copies it from its folder, so there is no tarball to hash.
 *
 * @param {string} path
 * @param {LockedPackage} locked
 * @param {OwnPackages} ownPackages
 */
const isOwn = (path, { resolved = "", link }, ownPackages) =>
  !link && Object.hasOwn(ownPackages, resolved) && path === `node_modules/${ownPackages[resolved]}`;

/**
 * @param {string} path
 * @param {LockedPackage} locked
 * @param {Lockfile} lockfile
 */
function installedProblems(path, locked, lockfile) {
  const { resolved, integrity, link, version = "" } = locked;
  if (link) {
    const isWorkspace = resolved !== undefined && !isInstalled(resolved) && lockfile[resolved] !== undefined;
    return isWorkspace ? [] : [`links to ${resolved}, which is no workspace`];
  }
  const problems = [];
  const name = locked.name ?? nameAt(path);
  if (name !== nameAt(path) && !isAllowedAlias(nameAt(path), `npm:${name}@${version}`)) {
    problems.push(`is ${name} under another name`);
  }
  // npm may leave out where a package came from (omit-lockfile-registry-resolved): then it asks the registry by name
  if (resolved !== undefined && resolved !== tarballOf(name, version))
    problems.push(`comes from ${resolved}`);
  if (!/^\d+\.\d+\.\d+/.test(version)) problems.push(`has ${version || "nothing"} for a version`);
  if (integrity === undefined) {
    if (!isBundled(path, locked, lockfile)) problems.push("has no integrity");
  } else if (!INTEGRITY.test(integrity)) problems.push(`has ${integrity} for an integrity`);
  return problems;
}

/**
 * The registry's only address for this version of this package. A hash alone does not show that a tarball is of another
 * package: it is the hash of that tarball.
 *
 * @param {string} name
 * @param {string} version
 */
const tarballOf = (name, version) =>
  `${REGISTRY}${name}/-/${name.slice(name.indexOf("/") + 1)}-${version.replace(/\+.*$/, "")}.tgz`;

/**
 * @param {string} path
 * @param {LockedPackage} locked
 * @param {Lockfile} lockfile
 */
function isBundled(path, { inBundle }, lockfile) {
  const owner = lockfile[path.slice(0, path.lastIndexOf("/node_modules/"))];
  const bundles = (owner?.bundleDependencies?.length ?? 0) > 0;
  return inBundle === true && bundles && owner?.integrity !== undefined;
}

/**
 * @param {string} as
 * @param {string} wanted
 */
const isAllowedAlias = (as, wanted) =>
  ALIASES.some((alias) => alias.as === as && `npm:${alias.is}@${alias.version}` === wanted);

/**
 * @param {LockedPackage} locked
 * @param {OwnPackages} ownPackages
 */
function dependencyProblems(
  { dependencies, devDependencies, optionalDependencies, peerDependencies },
  ownPackages,
) {
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies };
  return Object.entries(all).flatMap(([name, wanted]) => {
    if (FOREIGN.test(wanted) && ownPackages[wanted] !== name) return [`depends on ${name} from ${wanted}`];
    const isAlias = ALIAS.test(wanted) && !isAllowedAlias(name, wanted);
    return isAlias ? [`depends on ${name}, which is ${wanted}`] : [];
  });
}
