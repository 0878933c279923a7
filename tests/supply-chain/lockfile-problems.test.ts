import { describe, expect, it } from "vitest";
import { ALIASES, lockfileProblems, overrideProblems, undecidedScripts } from "./lockfile-problems.mjs";
import { manifestDifferences } from "./manifest-differences.mjs";

type Lockfile = Parameters<typeof lockfileProblems>[0];
type LockedPackage = Lockfile[string];
type Manifest = Parameters<typeof manifestDifferences>[1][string];

const integrity = `sha512-${"a".repeat(86)}==`;
const good: LockedPackage = { version: "1.2.3", integrity };
const problemsOf = (locked: LockedPackage, others: Record<string, LockedPackage> = {}): string[] =>
  lockfileProblems({ "": {}, ...others, "node_modules/it": locked });

describe("lockfileProblems", () => {
  it.each<[string, LockedPackage]>([
    ["a package with its hash", good],
    ["a package from the registry", { ...good, resolved: "https://registry.npmjs.org/it/-/it-1.2.3.tgz" }],
    ["ranges and tags of the registry", { ...good, dependencies: { a: "^1", b: "latest" } }],
  ])("accepts %s", (_, locked) => {
    expect(problemsOf(locked)).toEqual([]);
  });

  it.each<[string, LockedPackage, string]>([
    ["a package without a hash", { version: "1.2.3" }, "has no integrity"],
    ["a weak hash", { ...good, integrity: "sha1-abc=" }, "has sha1-abc= for an integrity"],
    [
      "a package from another registry",
      { ...good, resolved: "https://evil.example/it.tgz" },
      "comes from https://evil.example/it.tgz",
    ],
    [
      "a package over http",
      { ...good, resolved: "http://registry.npmjs.org/it.tgz" },
      "comes from http://registry.npmjs.org/it.tgz",
    ],
    [
      "a package from git",
      { ...good, resolved: "git+ssh://git@github.com/a/b.git#1" },
      "comes from git+ssh://git@github.com/a/b.git#1",
    ],
    [
      "a package from a host whose name begins like the registry's",
      { ...good, resolved: "https://registry.npmjs.org.evil.example/" },
      "comes from https://registry.npmjs.org.evil.example/",
    ],
    [
      "the tarball of another package",
      { ...good, resolved: "https://registry.npmjs.org/evil/-/evil-1.2.3.tgz" },
      "comes from https://registry.npmjs.org/evil/-/evil-1.2.3.tgz",
    ],
    [
      "the tarball of another package below its own name",
      { ...good, resolved: "https://registry.npmjs.org/it/-/../../evil/-/evil-1.2.3.tgz" },
      "comes from https://registry.npmjs.org/it/-/../../evil/-/evil-1.2.3.tgz",
    ],
    [
      "the tarball of another version",
      { ...good, resolved: "https://registry.npmjs.org/it/-/it-1.2.4.tgz" },
      "comes from https://registry.npmjs.org/it/-/it-1.2.4.tgz",
    ],
    ["another package under its name", { ...good, name: "evil" }, "is evil under another name"],
    [
      "another package under its name, with that package's tarball",
      { ...good, name: "evil", resolved: "https://registry.npmjs.org/evil/-/evil-1.2.3.tgz" },
      "is evil under another name",
    ],
    [
      "a binary for another platform without a hash",
      { version: "1.2.3", optional: true, os: ["win32"], cpu: ["x64"] } as LockedPackage,
      "has no integrity",
    ],
    [
      "a dependency on an alias",
      { ...good, dependencies: { a: "npm:evil@1.0.0" } },
      "depends on a, which is npm:evil@1.0.0",
    ],
    ["a package without a version", { integrity }, "has nothing for a version"],
    [
      "a link out of the repository",
      { link: true, resolved: "../elsewhere" },
      "links to ../elsewhere, which is no workspace",
    ],
    [
      "a dependency on git",
      { ...good, dependencies: { a: "git+https://x/a.git" } },
      "depends on a from git+https://x/a.git",
    ],
    [
      "a dependency on GitHub",
      { ...good, peerDependencies: { a: "owner/a#main" } },
      "depends on a from owner/a#main",
    ],
    [
      "a dependency on a tarball",
      { ...good, optionalDependencies: { a: "http://x/a.tgz" } },
      "depends on a from http://x/a.tgz",
    ],
    [
      "a dependency on a file",
      { ...good, devDependencies: { a: "file:../a" } },
      "depends on a from file:../a",
    ],
  ])("reports %s", (_, locked, problem) => {
    expect(problemsOf(locked)).toEqual([`node_modules/it: ${problem}`]);
  });

  const bundler: LockedPackage = { ...good, bundleDependencies: ["it"] };
  const bundled: LockedPackage = { version: "1.0.0", inBundle: true };
  it.each<[string, LockedPackage, LockedPackage, string[]]>([
    ["accepts a package without a hash that another package bundles in its tarball", bundled, bundler, []],
    [
      "reports a package without a hash in a package that bundles nothing",
      bundled,
      good,
      ["has no integrity"],
    ],
    [
      "reports a package without a hash that is bundled in another package without a hash",
      bundled,
      { version: "1.2.3", bundleDependencies: ["it"] },
      ["has no integrity"],
    ],
    [
      "reports a package without a hash that is not marked as part of the tarball",
      { version: "1.0.0" },
      bundler,
      ["has no integrity"],
    ],
  ])("%s", (_, locked, owner, problems) => {
    const path = "node_modules/owner/node_modules/it";
    const found = lockfileProblems({ "": {}, "node_modules/owner": owner, [path]: locked });
    expect(found.filter((problem) => problem.startsWith(`${path}: `))).toEqual(
      problems.map((problem) => `${path}: ${problem}`),
    );
  });

  it("accepts a link to a workspace", () => {
    const others = { "packages/own": { version: "0.0.0" } };
    expect(problemsOf({ link: true, resolved: "packages/own" }, others)).toEqual([]);
  });

  const copied: LockedPackage = { version: "1.2.3", resolved: "file:../../packages/it" };
  const dependsOn = (from: string): Record<string, LockedPackage> => ({ "": { dependencies: { it: from } } });
  it("accepts this repository's package from its folder, without a hash", () => {
    const lockfile = { ...dependsOn("file:../../packages/it"), "node_modules/it": copied };
    expect(lockfileProblems(lockfile, { "file:../../packages/it": "it" })).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ["a folder that is no package of this repository", {}],
    ["the folder of another package", { "file:../../packages/it": "other" }],
  ])("reports a package from %s", (_, ownPackages) => {
    const lockfile = { ...dependsOn("file:../../packages/it"), "node_modules/it": copied };
    expect(lockfileProblems(lockfile, ownPackages)).toEqual([
      "the root: depends on it from file:../../packages/it",
      "node_modules/it: comes from file:../../packages/it",
      "node_modules/it: has no integrity",
    ]);
  });

  it("accepts the tarball of a package with a scope", () => {
    const resolved = "https://registry.npmjs.org/@a/b/-/b-1.2.3.tgz";
    expect(lockfileProblems({ "node_modules/@a/b": { ...good, resolved } })).toEqual([]);
  });

  it.each(ALIASES)("accepts $is as $as in exactly its version: $why", ({ as, is, version }) => {
    const found = (name: string, its: string): string[] =>
      lockfileProblems({ [`node_modules/${as}`]: { ...good, name, version: its } });
    expect(found(is, version)).toEqual([]);
    expect(found("evil", version)).toEqual([`node_modules/${as}: is evil under another name`]);
    expect(found(is, "9.9.9")).toEqual([`node_modules/${as}: is ${is} under another name`]);
    const elsewhere = lockfileProblems({ "node_modules/it": { ...good, name: is, version } });
    expect(elsewhere).toEqual([`node_modules/it: is ${is} under another name`]);
  });
});

describe("overrideProblems", () => {
  it("accepts ranges and the aliases that are allowed, also inside another package", () => {
    const [alias] = ALIASES;
    const allowed = { [String(alias?.as)]: `npm:${alias?.is}@${alias?.version}` };
    expect(overrideProblems({ a: "1.0.0", "b@^2": { ".": "2.1.0", ...allowed } })).toEqual([]);
    expect(overrideProblems(undefined)).toEqual([]);
  });

  it.each<[object, string]>([
    [{ a: "npm:evil@1" }, "overrides a by npm:evil@1"],
    [{ "a@^1": "npm:evil@1" }, "overrides a by npm:evil@1"],
    [{ b: { "@s/a": "npm:evil@1" } }, "overrides @s/a by npm:evil@1"],
    [{ a: { ".": "npm:evil@1" } }, "overrides a by npm:evil@1"],
    [{ a: "https://evil.example/a.tgz" }, "overrides a by https://evil.example/a.tgz"],
    [{ a: "evil/a" }, "overrides a by evil/a"],
  ])("reports %j", (overrides, problem) => {
    expect(overrideProblems(overrides)).toEqual([problem]);
  });
});

describe("undecidedScripts", () => {
  it("reports a package with an install script about which package.json does not decide", () => {
    const lockfile = { "node_modules/a/node_modules/@s/it": { ...good, hasInstallScript: true } };
    expect(undecidedScripts(lockfile, { "@s/it": false })).toEqual([]);
    expect(undecidedScripts(lockfile, { it: false })).toEqual([
      "node_modules/a/node_modules/@s/it: has an install script, about which allowScripts does not decide",
    ]);
  });
});

describe("manifestDifferences", () => {
  const root: Manifest = { name: "root", workspaces: ["packages/*"], devDependencies: { b: "^2", a: "^1" } };
  const own: Manifest = { name: "own", version: "1.0.0", dependencies: { c: "^3" } };
  const manifests = { "": root, "packages/own": own };
  const differences = (changes: Record<string, Manifest>): string[] =>
    manifestDifferences({ ...manifests, "node_modules/a": good, ...changes }, manifests);

  it("returns no differences for the same dependencies in any order", () => {
    expect(differences({})).toEqual([]);
    const devDependencies = { a: "^1", b: "^2" };
    expect(differences({ "": { ...root, devDependencies, dependencies: {} } })).toEqual([]);
  });

  it.each<[string, Manifest, string]>([
    ["another range", { ...own, dependencies: { c: "^4" } }, "other dependencies"],
    ["one more dependency", { ...own, dependencies: { c: "^3", d: "^1" } }, "other dependencies"],
    ["no dependencies", { name: "own", version: "1.0.0" }, "other dependencies"],
    ["a peer dependency", { ...own, peerDependencies: { react: "*" } }, "other peerDependencies"],
    ["another version", { ...own, version: "1.0.1" }, "other version"],
  ])("reports a lockfile with %s", (_, locked, what) => {
    expect(differences({ "packages/own": locked })).toEqual([
      `packages/own: has ${what} than its package.json`,
    ]);
  });

  it("reports a workspace that only the lockfile or only the repository has", () => {
    expect(differences({ "packages/gone": own })).toEqual(["packages/gone: is not in the repository"]);
    expect(manifestDifferences({ "": root }, manifests)).toEqual(["packages/own: is not in the lockfile"]);
  });
});
