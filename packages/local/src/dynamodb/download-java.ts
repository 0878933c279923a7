import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { extract } from "tar";
import { cacheDir as defaultCacheDir } from "./cache-dir.ts";
import { JAVA_ARCHIVES, JAVA_VERSION, type JavaArchive } from "./java-archives.ts";

const EXECUTABLE = process.platform === "win32" ? "java.exe" : "java";
const TIMEOUT_MS = 300_000;

export interface JavaDownload {
  cacheDir?: string;
  /** `process.platform` and `process.arch`, as in `linux-x64`. */
  platform?: string;
  archives?: Readonly<Record<string, JavaArchive>>;
  fetchArchive?: (url: string) => Promise<Uint8Array>;
}

/** Returns the path of an earlier download's java, or undefined. */
export async function cachedJava(cacheDir: string = defaultCacheDir()): Promise<string | undefined> {
  return findExecutable(installationDir(cacheDir));
}

/**
 * Downloads a Java runtime (Eclipse Temurin, about 45 MB) into the user's cache directory. It is unpacked only if it has
 * the hash that this version of the package names.
 */
export async function downloadJava({
  cacheDir = defaultCacheDir(),
  platform = `${process.platform}-${process.arch}`,
  archives = JAVA_ARCHIVES,
  fetchArchive = fetchFile,
}: JavaDownload = {}): Promise<string> {
  const archive = archives[platform];
  if (archive === undefined) {
    throw new Error(`there is a download only for ${Object.keys(archives).join(", ")}; this is ${platform}`);
  }
  await mkdir(cacheDir, { recursive: true });
  // It is unpacked in another folder and then renamed. So an interrupted download, or two at the same time, never leave
  // an incomplete runtime.
  const aside = await mkdtemp(join(cacheDir, "download-"));
  try {
    const bytes = await fetchArchive(archive.url);
    assertHash(bytes, archive);
    const file = join(aside, basename(archive.url));
    await writeFile(file, bytes);
    const unpacked = join(aside, "unpacked");
    await mkdir(unpacked);
    await unpack(file, unpacked);
    await rename(unpacked, installationDir(cacheDir)).catch(async (error: unknown) => {
      if ((await cachedJava(cacheDir)) === undefined) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const java = await cachedJava(cacheDir);
  if (java === undefined) throw new Error(`the downloaded archive holds no ${EXECUTABLE}`);
  return java;
}

async function fetchFile(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} returned ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function assertHash(bytes: Uint8Array, { url, sha256 }: JavaArchive): void {
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256) throw new Error(`${url} has the hash ${actual} instead of ${sha256}`);
}

async function unpack(file: string, folder: string): Promise<void> {
  if (!file.endsWith(".zip")) return extract({ file, cwd: folder });
  // Windows has a tar that reads zip files
  await promisify(execFile)("tar", ["-xf", file, "-C", folder]);
}

/** Not the folder of earlier versions of this package, which did not check what they downloaded. */
const installationDir = (cacheDir: string): string => join(cacheDir, `temurin-jre-${JAVA_VERSION}`);

/** The archive has one folder. On macOS, Java is further down in it. */
async function findExecutable(installation: string): Promise<string | undefined> {
  for (const distribution of await entries(installation)) {
    const root = join(installation, distribution);
    for (const home of [root, join(root, "Contents", "Home")]) {
      if ((await entries(join(home, "bin"))).includes(EXECUTABLE)) return join(home, "bin", EXECUTABLE);
    }
  }
  return undefined;
}

async function entries(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}
