import { execFile } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";

export interface PackagedChromium {
  executablePath: string;
  env: NodeJS.ProcessEnv;
}

const CACHE = fileURLToPath(new URL("../../../node_modules/.cache", import.meta.url));

/** Unpacks the Chromium in `@sparticuz/chromium`. Returns `undefined` on systems where that binary does not run. */
export async function packagedChromium(cacheDir: string = CACHE): Promise<PackagedChromium | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const packageDir = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "..");
  const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")) as {
    version: string;
  };
  const dir = join(cacheDir, `chromium-${version}`);
  if (!existsSync(dir)) await unpack(join(packageDir, "bin"), dir);
  // After the user's own libraries but before the system's, which may lack NSS
  const libraries = [process.env.LD_LIBRARY_PATH, join(dir, "lib")].filter(Boolean).join(":");
  return {
    executablePath: join(dir, "chromium"),
    env: { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(dir, "fonts.conf") },
  };
}

/**
 * The package's own function unpacks into `/tmp/chromium` directly and reuses any file there. With this one, an
 * interrupted run, another version or a concurrent run must not leave a file that cannot be started.
 */
async function unpack(binDir: string, dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const unpackDir = await mkdtemp(`${dir}-`);
  try {
    await Promise.all([
      decompress(join(binDir, "chromium.br"), join(unpackDir, "chromium"), 0o755),
      unpackArchive(join(binDir, "al2023.tar.br"), unpackDir),
      unpackArchive(join(binDir, "fonts.tar.br"), unpackDir),
    ]);
    // The package's fonts.conf names folders of a Lambda function
    await writeFile(join(unpackDir, "fonts.conf"), fontsConfig(dir));
    await rename(unpackDir, dir).catch((error: unknown) => {
      if (!existsSync(dir)) throw error;
    });
  } finally {
    await rm(unpackDir, { recursive: true, force: true });
  }
}

async function unpackArchive(source: string, dir: string): Promise<void> {
  const archive = join(dir, basename(source, ".br"));
  await decompress(source, archive);
  await promisify(execFile)("tar", ["-x", "--no-same-owner", "-f", archive, "-C", dir]);
  await rm(archive);
}

async function decompress(source: string, target: string, mode = 0o644): Promise<void> {
  await pipeline(createReadStream(source), createBrotliDecompress(), createWriteStream(target, { mode }));
}

function fontsConfig(dir: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${dir}/fonts</dir>
  <cachedir>${dir}/fonts-cache</cachedir>
</fontconfig>
`;
}
