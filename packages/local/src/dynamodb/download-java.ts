import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir as defaultCacheDir } from "./cache-dir.ts";

const JAVA_MAJOR_VERSION = 17;
const EXECUTABLE = process.platform === "win32" ? "java.exe" : "java";

export interface JavaDownload {
  cacheDir?: string;
  install?: (majorVersion: number, options: { installPath: string }) => Promise<string>;
}

/** Returns the path of an earlier download's java, or undefined. */
export async function cachedJava(cacheDir: string = defaultCacheDir()): Promise<string | undefined> {
  return findExecutable(installationDir(cacheDir));
}

/** Downloads a Java runtime (Eclipse Temurin, about 45 MB) into the user's cache directory. */
export async function downloadJava({
  cacheDir = defaultCacheDir(),
  install,
}: JavaDownload = {}): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  // It is unpacked in another folder and then renamed. So an interrupted download, or two at the same time, never leave
  // an incomplete runtime.
  const unpackDir = await mkdtemp(join(cacheDir, "download-"));
  try {
    const installJava = install ?? (await import("njre")).default.install;
    await installJava(JAVA_MAJOR_VERSION, { installPath: join(unpackDir, "archive") });
    await rename(unpackDir, installationDir(cacheDir)).catch(async (error: unknown) => {
      if ((await cachedJava(cacheDir)) === undefined) throw error;
    });
  } finally {
    await rm(unpackDir, { recursive: true, force: true });
  }
  const java = await cachedJava(cacheDir);
  if (java === undefined) throw new Error(`the downloaded archive holds no ${EXECUTABLE}`);
  return java;
}

function installationDir(cacheDir: string): string {
  return join(cacheDir, `jre-${JAVA_MAJOR_VERSION}`);
}

async function findExecutable(installation: string): Promise<string | undefined> {
  const root = join(installation, "jre");
  for (const distribution of await entries(root)) {
    for (const home of [join(root, distribution), join(root, distribution, "Contents", "Home")]) {
      if ((await entries(join(home, "bin"))).includes(EXECUTABLE)) return join(home, "bin", EXECUTABLE);
    }
  }
  return undefined;
}

async function entries(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}
