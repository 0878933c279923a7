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

describe("the lockfile", () => {
  it.each<[string, LockedPackage]>([
    ["a package with its hash", good],
    ["one from the registry", { ...good, resolved: "https://registry.npmjs.org/it/-/it-1.2.3.tgz" }],
    [
      "ranges, tags and aliases of the registry",
      { ...good, dependencies: { a: "^1", b: "latest", c: "npm:d@1" } },
    ],
  ])("may have %s", (_, locked) => {
    expect(problemsOf(locked)).toEqual([]);
  });

  it.each<[string, LockedPackage, string]>([
    ["no hash", { version: "1.2.3" }, "has no integrity"],
    ["a weak hash", { ...good, integrity: "sha1-abc=" }, "has sha1-abc= for an integrity"],
    [
      "another registry",
      { ...good, resolved: "https://evil.example/it.tgz" },
      "comes from https://evil.example/it.tgz",
    ],
    [
      "http",
      { ...good, resolved: "http://registry.npmjs.org/it.tgz" },
      "comes from http://registry.npmjs.org/it.tgz",
    ],
    [
      "git",
      { ...good, resolved: "git+ssh://git@github.com/a/b.git#1" },
      "comes from git+ssh://git@github.com/a/b.git#1",
    ],
    [
      "a lookalike",
      { ...good, resolved: "https://registry.npmjs.org.evil.example/" },
      "comes from https://registry.npmjs.org.evil.example/",
    ],
    ["no version", { integrity }, "has nothing for a version"],
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
  ])("may not have %s", (_, locked, problem) => {
    expect(problemsOf(locked)).toEqual([`node_modules/it: ${problem}`]);
  });

  const bundler: LockedPackage = { ...good, bundleDependencies: ["it"] };
  const bundled: LockedPackage = { version: "1.0.0", inBundle: true };
  it.each<[string, LockedPackage, LockedPackage, string[]]>([
    ["may have a package without a hash that comes in another's tarball", bundled, bundler, []],
    ["may not have one in a package that bundles nothing", bundled, good, ["has no integrity"]],
    [
      "may not have one in a package without a hash",
      bundled,
      { version: "1.2.3", bundleDependencies: ["it"] },
      ["has no integrity"],
    ],
    [
      "may not have one that does not come in the tarball",
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

  it("may have a workspace, by its link", () => {
    const others = { "packages/own": { version: "0.0.0" } };
    expect(problemsOf({ link: true, resolved: "packages/own" }, others)).toEqual([]);
  });

  const binary: LockedPackage = { version: "1.0.0", optional: true, os: ["win32"], cpu: ["x64"] };
  const owner = (changes: LockedPackage = {}): Record<string, LockedPackage> => ({
    "node_modules/owner": { ...good, optionalDependencies: { it: "1.0.0" }, ...changes },
  });
  it("may have a binary for another platform without a hash, if a package with one wants that very version", () => {
    expect(problemsOf(binary, owner())).toEqual([]);
    expect(unhashedBinaries({ ...owner(), "node_modules/it": binary })).toEqual(["node_modules/it"]);
    expect(unhashedBinaries({ ...owner(), "node_modules/it": { ...binary, integrity } })).toEqual([]);
  });

  it.each<[string, LockedPackage, Record<string, LockedPackage>]>([
    ["nobody wants", binary, {}],
    ["is wanted in a range", binary, owner({ optionalDependencies: { it: "^1.0.0" } })],
    ["is wanted in another version", binary, owner({ optionalDependencies: { it: "1.0.1" } })],
    ["is not optional", { ...binary, optional: false }, owner()],
    ["is for every platform", { ...binary, os: [] }, owner()],
    ["only the root wants", binary, { "": { optionalDependencies: { it: "1.0.0" } } }],
  ])("may not have one that %s", (_, locked, others) => {
    expect(problemsOf(locked, others)).toEqual(["node_modules/it: has no integrity"]);
  });
});

describe("the lockfile, beside each package.json", () => {
  const root: Manifest = { name: "root", workspaces: ["packages/*"], devDependencies: { b: "^2", a: "^1" } };
  const own: Manifest = { name: "own", version: "1.0.0", dependencies: { c: "^3" } };
  const manifests = { "": root, "packages/own": own };
  const differences = (changes: Record<string, Manifest>): string[] =>
    manifestDifferences({ ...manifests, "node_modules/a": good, ...changes }, manifests);

  it("says the same, in whatever order", () => {
    expect(differences({})).toEqual([]);
    const devDependencies = { a: "^1", b: "^2" };
    expect(differences({ "": { ...root, devDependencies, dependencies: {} } })).toEqual([]);
  });

  it.each<[string, Manifest, string]>([
    ["another range", { ...own, dependencies: { c: "^4" } }, "other dependencies"],
    ["one more", { ...own, dependencies: { c: "^3", d: "^1" } }, "other dependencies"],
    ["none", { name: "own", version: "1.0.0" }, "other dependencies"],
    ["a peer", { ...own, peerDependencies: { react: "*" } }, "other peerDependencies"],
    ["another version", { ...own, version: "1.0.1" }, "other version"],
  ])("is found out when it has %s", (_, locked, what) => {
    expect(differences({ "packages/own": locked })).toEqual([
      `packages/own: has ${what} than its package.json`,
    ]);
  });

  it("is found out when it has a workspace too many, or one too few", () => {
    expect(differences({ "packages/gone": own })).toEqual(["packages/gone: is not in the repository"]);
    expect(manifestDifferences({ "": root }, manifests)).toEqual(["packages/own: is not in the lockfile"]);
  });
});

describe("an audit", () => {
  const report = (vulnerabilities: object): string =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities });

  it("tells what was found", () => {
    expect(auditVerdict(report({}), "")).toEqual({ known: true, findings: [] });
    const found = report({ undici: { severity: "high", range: "<7.1.0" } });
    expect(auditVerdict(found, "")).toEqual({ known: true, findings: ["undici <7.1.0: high"] });
  });

  it("that no registry answered is no clean one", () => {
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
