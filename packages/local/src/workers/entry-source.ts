import { existsSync } from "node:fs";
import { defaultFunctionPaths } from "../module-paths.ts";

const TYPESCRIPT = /\.(ts|mts|tsx)$/;

/** Gives bundled CommonJS modules the variables that they expect. SST puts the same in front of its bundles. */
const COMMONJS_SHIM = [
  `import { createRequire as pubsubCreateRequire } from "node:module";`,
  `const require = pubsubCreateRequire(import.meta.url);`,
  `const { filename: __filename, dirname: __dirname } = import.meta;`,
].join("");

/**
 * Bundles a TypeScript module and the files that it imports, and returns the JavaScript. Returns undefined for a module
 * that Node can load directly. Node only strips types. But functions often contain enums, paths without an extension
 * and unmarked imports of types, because every tool that deploys functions bundles them with esbuild.
 *
 * @throws esbuild's BuildFailure, whose message names files and lines.
 */
export async function entrySource(file: string): Promise<string | undefined> {
  const isOwn = Object.values(defaultFunctionPaths).includes(file);
  // For a missing file, Node's own error is reported.
  if (isOwn || !TYPESCRIPT.test(file) || !existsSync(file)) return undefined;
  const { buildSync } = await import("esbuild");
  // esbuild's asynchronous functions leave a process running. Its `stop` would end it for all users of the package.
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
    outfile: file.replace(TYPESCRIPT, ".js"), // the file is not written; source paths are relative to its folder
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text;
}
