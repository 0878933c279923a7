/** Java was downloaded from whatever the service named, and checked against a hash of the same service. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cachedJava, downloadJava } from "../../packages/local/src/dynamodb/download-java.ts";
import {
  JAVA_ARCHIVES,
  JAVA_VERSION,
  type JavaArchive,
} from "../../packages/local/src/dynamodb/java-archives.ts";

const URL_OF_TEST = "https://java.example/jre.tar.gz";

describe("downloadJava", () => {
  let dir: string;
  let bytes: Buffer;
  let good: Record<string, JavaArchive>;

  /** An archive like Temurin's, with a script in the place of Java. */
  async function archiveOf(name: string, java: string): Promise<Buffer> {
    const root = join(dir, name);
    const path = join(root, java);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "#!/bin/sh\n");
    await chmod(path, 0o755);
    await create({ file: `${root}.tar.gz`, cwd: root, gzip: true }, await readdir(root));
    return readFile(`${root}.tar.gz`);
  }
  const archivesFor = (content: Buffer): Record<string, JavaArchive> => ({
    "test-x64": { url: URL_OF_TEST, sha256: createHash("sha256").update(content).digest("hex") },
  });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "pubsub-download-java-"));
    bytes = await archiveOf("linux", "jdk-17.0.18+8-jre/bin/java");
    good = archivesFor(bytes);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const download = (name: string, options: Parameters<typeof downloadJava>[0] = {}): Promise<string> =>
    downloadJava({
      cacheDir: join(dir, name),
      platform: "test-x64",
      archives: good,
      fetchArchive: async () => bytes,
      ...options,
    });

  it("unpacks an archive with the right hash, once for two starts at the same time", async () => {
    const asked: string[] = [];
    const fetchArchive = async (url: string): Promise<Buffer> => {
      asked.push(url);
      return bytes;
    };
    const [one, two] = await Promise.all([download("good", { fetchArchive }), download("good")]);
    expect(one).toBe(two);
    expect(existsSync(one)).toBe(true);
    expect(asked).toEqual([URL_OF_TEST]);
    expect(await cachedJava(join(dir, "good"))).toBe(one);
    expect(await readdir(join(dir, "good"))).toEqual([`temurin-jre-${JAVA_VERSION}`]);
  });

  it("finds Java in an archive for macOS", async () => {
    const mac = await archiveOf("mac", "jdk-17.0.18+8-jre/Contents/Home/bin/java");
    const java = await download("mac", { archives: archivesFor(mac), fetchArchive: async () => mac });
    expect(java).toMatch(/Contents.Home.bin.java$/);
  });

  it.each([
    ["another archive", () => Buffer.concat([bytes, Buffer.from([0])])],
    ["a page", () => Buffer.from("<html>sign in</html>")],
    ["nothing", () => Buffer.alloc(0)],
  ])("refuses %s, unpacks nothing of it and keeps nothing", async (what, content) => {
    const name = `bad ${what}`;
    await expect(download(name, { fetchArchive: async () => content() })).rejects.toThrow(
      /java\.example.* has the hash [0-9a-f]{64} instead of [0-9a-f]{64}/,
    );
    expect(await readdir(join(dir, name))).toEqual([]);
    expect(await cachedJava(join(dir, name))).toBeUndefined();
  });

  it("keeps nothing of a download that broke off", async () => {
    const broken = { fetchArchive: () => Promise.reject(new Error("connection reset")) };
    await expect(download("broken", broken)).rejects.toThrow("connection reset");
    expect(await readdir(join(dir, "broken"))).toEqual([]);
  });

  it("does not use a Java that an earlier version downloaded without a check", async () => {
    const old = join(dir, "old", "jre-17", "jre", "jdk-17.0.1-jre", "bin");
    await mkdir(old, { recursive: true });
    await writeFile(join(old, "java"), "");
    expect(await cachedJava(join(dir, "old"))).toBeUndefined();
  });

  it("names the platforms that have a download", async () => {
    await expect(downloadJava({ cacheDir: dir, platform: "sunos-sparc" })).rejects.toThrow(
      "there is a download only for linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64; this is sunos-sparc",
    );
  });

  it("pins each download to a release and a hash of its own", () => {
    const archives = Object.values(JAVA_ARCHIVES);
    for (const { url, sha256 } of archives) {
      expect(url).toMatch(
        /^https:\/\/github\.com\/adoptium\/temurin17-binaries\/releases\/download\/jdk-17\.0\.18%2B8\//,
      );
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(archives.map(({ sha256 }) => sha256)).size).toBe(archives.length);
  });
});
