import { existsSync } from "node:fs";
import { defaultFunctionPaths } from "../module-paths.ts";

const TYPESCRIPT = /\.(ts|mts|tsx)$/;

/** CommonJS inside of an ES module finds what Node gives it; SST puts the same in front of its bundles. */
const COMMONJS_SHIM = [
  `import { createRequire as pubsubCreateRequire } from "node:module";`,
  `const require = pubsubCreateRequire(import.meta.url);`,
  `const { filename: __filename, dirname: __dirname } = import.meta;`,
].join("");

/**
 * The JavaScript of a TypeScript module and of the files that it imports, or undefined for a module that Node loads as
 * it is. Node only strips types: enums, paths without an extension and imports of types that are not marked as such are
 * common in functions, because every tool that deploys them bundles them with esbuild.
 *
 * @throws esbuild's BuildFailure, whose message names files and lines.
 */
export async function entrySource(file: string): Promise<string | undefined> {
  const isOwn = Object.values(defaultFunctionPaths).includes(file);
  // Node reports a missing file, as it does for any other module.
  if (isOwn || !TYPESCRIPT.test(file) || !existsSync(file)) return undefined;
  const { buildSync } = await import("esbuild");
  // The other calls of esbuild leave a process running, which only a stop for all users of the package ends.
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node22",
    banner: { js: COMMONJS_SHIM },
    sourcemap: "inline",
    sourcesContent: false,
    outfile: file.replace(TYPESCRIPT, ".js"), // not written: source paths are relative to it
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text;
}
