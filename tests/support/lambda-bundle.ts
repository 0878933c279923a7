import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

export interface LambdaBundle {
  path: string;
  kilobytes: number;
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

/** A function's bundle as `sst deploy` makes it: one minified ESM file with everything in it. */
export async function bundleFunction(name: "websocket" | "fanout"): Promise<LambdaBundle> {
  const folder = await mkdtemp(join(tmpdir(), `bundle-${name}-`));
  const path = join(folder, "bundle.mjs");
  await build({
    entryPoints: [new URL(`../../functions/${name}.ts`, import.meta.url).pathname],
    outfile: path,
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
  const { size } = await stat(path);
  return {
    path,
    kilobytes: Math.round(size / 1_024),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
