import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

export interface Program {
  root: string;
  platform: string;
  outfile: string;
  /** The source text of the entry file. */
  code: string;
  define: Record<string, string>;
  /** Source text that is put in front of every file of the app. It defines the globals `sst` and `aws`. */
  globals?: string;
  inject?: string[];
  banner?: string;
}

/** These packages are CommonJS or too large to bundle. The program finds them below `.sst/platform/node_modules`. */
const EXTERNAL = [
  "@pulumi/*",
  "@pulumiverse/*",
  "@sst-provider/*",
  "@aws-sdk/*",
  "undici",
  "esbuild",
  "archiver",
];

/** Defines the names that bundled CommonJS needs and that an ES module does not have. */
const COMMONJS_NAMES = [
  'import { createRequire as requireFor } from "node:module";',
  'import { fileURLToPath as pathOf } from "node:url";',
  "const require = requireFor(import.meta.url);",
  "const __filename = pathOf(import.meta.url);",
  'const __dirname = pathOf(new URL(".", import.meta.url));',
].join("\n");

/** Bundles an infrastructure program in the same way as SST's CLI. */
export async function bundleProgram(program: Program): Promise<void> {
  const { root, platform, outfile, code, define, globals, inject = [], banner = "" } = program;
  const { build } = createRequire(path.join(platform, "package.json"))("esbuild") as Esbuild;
  await build({
    stdin: { contents: code, resolveDir: root, sourcefile: "entry.ts", loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    sourcemap: "linked",
    mainFields: ["module", "main"],
    nodePaths: [path.join(platform, "node_modules")],
    external: [...EXTERNAL, "glob", "vite"],
    define,
    inject,
    banner: { js: `${COMMONJS_NAMES}\n${banner}` },
    absWorkingDir: root,
    logLevel: "silent",
    plugins: globals === undefined ? [noTopLevelImports] : [globalsInFront(globals)],
  });
}

/** SST rejects top-level imports, because they would run before the globals exist. */
const noTopLevelImports: Plugin = {
  name: "no-top-level-imports",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ importer, kind, path: imported }) =>
      path.basename(importer) === "sst.config.ts" && kind === "import-statement"
        ? { errors: [{ text: `sst.config.ts imports ${imported} at the top level` }] }
        : undefined,
    );
  },
};

const globalsInFront = (globals: string): Plugin => ({
  name: "globals-in-front",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) =>
      file.includes(`${path.sep}.sst${path.sep}`)
        ? undefined
        : { contents: `${globals}\n${await readFile(file, "utf8")}`, loader: "ts" },
    );
  },
});

/** The part of esbuild that this file uses. It is the esbuild that SST installed, so that only one is installed. */
interface Esbuild {
  build(options: Record<string, unknown> & { plugins: Plugin[] }): Promise<unknown>;
}

interface Plugin {
  name: string;
  setup(build: {
    onResolve(
      options: { filter: RegExp },
      callback: (args: { importer: string; kind: string; path: string }) => object | undefined,
    ): void;
    onLoad(
      options: { filter: RegExp },
      callback: (args: { path: string }) => Promise<object | undefined>,
    ): void;
  }): void;
}
