import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

export interface LambdaBundle {
  path: string;
  /** Of all files, also of those that are loaded only if they are needed. */
  kilobytes: number;
  /** The metafile of esbuild: which input contributes how many bytes. */
  metafile: Metafile;
  remove(): Promise<void>;
}

/** SST puts this text before a bundle, so that CommonJS code in the bundle finds Node's own variables. */
const COMMONJS_SHIM = [
  `import { createRequire as topLevelCreateRequire } from "module";`,
  `const require = topLevelCreateRequire(import.meta.url);`,
  `import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";`,
  `const __filename = topLevelFileUrlToPath(import.meta.url);`,
  `const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));`,
].join("\n");

/** Bundles a function as `sst deploy` does. */
export const bundleFunction = (name: "websocket" | "fanout"): Promise<LambdaBundle> =>
  bundleModule(new URL(`../../functions/${name}.ts`, import.meta.url));

/**
 * Bundles any module as a function is bundled: a minified ESM file, and one for each module that it loads by `import()`. Without
 * `splitting` one file contains everything.
 */
export async function bundleModule(
  module: URL,
  { splitting = true }: { splitting?: boolean } = {},
): Promise<LambdaBundle> {
  const entryPoint = fileURLToPath(module);
  const folder = await mkdtemp(join(tmpdir(), `bundle-${basename(entryPoint, ".ts")}-`));
  const path = join(folder, "bundle.mjs");
  const { metafile } = await build({
    entryPoints: { bundle: entryPoint },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    splitting,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2023",
    mainFields: ["module", "main"],
    conditions: ["pubsub-source", "module"],
    minify: true,
    keepNames: true,
    external: ["sharp", "pg-native"],
    banner: { js: COMMONJS_SHIM },
    logLevel: "error",
  });
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return {
    path,
    kilobytes: Math.round(bytes / 1_024),
    metafile,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
