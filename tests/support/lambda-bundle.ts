import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

export interface LambdaBundle {
  path: string;
  kilobytes: number;
  /** What esbuild says about it: how much of it comes from where. */
  metafile: Metafile;
  remove(): Promise<void>;
}

/** What SST puts in front of a bundle, so that CommonJS inside of it finds what Node gave it. */
const COMMONJS_SHIM = [
  `import { createRequire as topLevelCreateRequire } from "module";`,
  `const require = topLevelCreateRequire(import.meta.url);`,
  `import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";`,
  `const __filename = topLevelFileUrlToPath(import.meta.url);`,
  `const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));`,
].join("\n");

/** A function's bundle as `sst deploy` makes it. */
export const bundleFunction = (name: "websocket" | "fanout"): Promise<LambdaBundle> =>
  bundleModule(new URL(`../../functions/${name}.ts`, import.meta.url));

/** Any module, bundled as a function is: one minified ESM file with everything in it. */
export async function bundleModule(module: URL): Promise<LambdaBundle> {
  const entryPoint = fileURLToPath(module);
  const folder = await mkdtemp(join(tmpdir(), `bundle-${basename(entryPoint, ".ts")}-`));
  const path = join(folder, "bundle.mjs");
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outfile: path,
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
