import { describe, expect, it } from "vitest";
import { auditVerdict } from "../../supply-chain/audit-verdict.ts";
import {
  type LockedPackage,
  lockfileProblems,
  unhashedBinaries,
} from "../../supply-chain/lockfile-problems.ts";
import { type Manifest, manifestDifferences } from "../../supply-chain/manifest-differences.ts";

const integrity = `sha512-${"a".repeat(86)}==`;
const good: LockedPackage = { version: "1.2.3", integrity };
const problemsOf = (locked: LockedPackage, others: Record<string, LockedPackage> = {}): string[] =>
  lockfileProblems({ "": {}, ...others, "node_modules/it": locked });

describe("lockfileProblems", () => {
  it.each<[string, LockedPackage]>([
    ["a package with its hash", good],
    ["a package from the registry", { ...good, resolved: "https://registry.npmjs.org/it/-/it-1.2.3.tgz" }],
    [
      "ranges, tags and aliases of the registry",
      { ...good, dependencies: { a: "^1", b: "latest", c: "npm:d@1" } },
    ],
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

  const binary: LockedPackage = { version: "1.0.0", optional: true, os: ["win32"], cpu: ["x64"] };
  const owner = (changes: LockedPackage = {}): Record<string, LockedPackage> => ({
    "node_modules/owner": { ...good, optionalDependencies: { it: "1.0.0" }, ...changes },
  });
  it("accepts a binary for another platform without a hash if a package with a hash needs exactly its version", () => {
    expect(problemsOf(binary, owner())).toEqual([]);
    expect(unhashedBinaries({ ...owner(), "node_modules/it": binary })).toEqual(["node_modules/it"]);
    expect(unhashedBinaries({ ...owner(), "node_modules/it": { ...binary, integrity } })).toEqual([]);
  });

  it.each<[string, LockedPackage, Record<string, LockedPackage>]>([
    ["no package needs", binary, {}],
    ["is needed in a range", binary, owner({ optionalDependencies: { it: "^1.0.0" } })],
    ["is needed in another version", binary, owner({ optionalDependencies: { it: "1.0.1" } })],
    ["is not optional", { ...binary, optional: false }, owner()],
    ["is for every platform", { ...binary, os: [] }, owner()],
    ["only the root needs", binary, { "": { optionalDependencies: { it: "1.0.0" } } }],
  ])("reports a binary without a hash that %s", (_, locked, others) => {
    expect(problemsOf(locked, others)).toEqual(["node_modules/it: has no integrity"]);
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

describe("auditVerdict", () => {
  const report = (vulnerabilities: object): string =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities });

  it("returns the findings of a report", () => {
    expect(auditVerdict(report({}), "")).toEqual({ known: true, findings: [] });
    const found = report({ undici: { severity: "high", range: "<7.1.0" } });
    expect(auditVerdict(found, "")).toEqual({ known: true, findings: ["undici <7.1.0: high"] });
  });

  it("returns known: false and why if no registry returned a report", () => {
    const refusal = "npm warn audit 405 Method Not Allowed - POST https://registry.example/-/npm/v1/security";
    expect(
      auditVerdict('{"message":"audit endpoint returned an error"}', `npm warn x\n${refusal}\n`),
    ).toEqual({
      known: false,
      why: refusal,
    });
    expect(auditVerdict("", "")).toEqual({ known: false, why: "npm audit said nothing" });
    expect(auditVerdict("{}", "")).toMatchObject({ known: false });
  });
});
