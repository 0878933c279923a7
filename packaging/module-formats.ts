import { globSync, readFileSync } from "node:fs";
import type { Rolldown, UserConfig } from "tsdown";

/** The CommonJS files have a folder of their own, whose package.json says what their `.js` means. */
const FOLDER = "cjs";

/**
 * Returns the options of tsdown that build both module formats: ES modules in `dist`, CommonJS in `dist/cjs`.
 * `esModulesOnly` names dependencies that a `require` cannot load. The CommonJS files contain a copy of them.
 *
 * The CommonJS files are not called `.cjs`, because Metro finds only the extensions that an app lists, and by default
 * that is not one of them: https://github.com/facebook/metro/issues/815
 */
export const bothFormats = (
  ...esModulesOnly: string[]
): Pick<UserConfig, "format" | "fixedExtension" | "outputOptions" | "plugins"> => ({
  format: {
    esm: {},
    cjs: { deps: { alwaysBundle: (id) => esModulesOnly.includes(id), onlyBundle: esModulesOnly, dts: {} } },
  },
  fixedExtension: false,
  outputOptions: (options, format) => (format === "cjs" ? { ...options, ...commonjsOptions } : options),
  plugins: [commonjsFolder()],
});

const commonjsOptions = {
  entryFileNames: `${FOLDER}/[name].js`,
  chunkFileNames: `${FOLDER}/[name]-[hash].js`,
  // As in ES modules, which are always strict
  strict: true,
  // Jest runs CommonJS in a context in which `import()` fails: https://github.com/nodejs/node/pull/50137. A `require` in
  // its place also loads a module only when it is needed.
  dynamicImportInCjs: false,
} satisfies Rolldown.OutputOptions;

function commonjsFolder(): Rolldown.Plugin {
  return {
    name: "commonjs-folder",
    generateBundle({ format }, bundle) {
      if (format !== "cjs") return;
      const emit = (name: string, source: string) =>
        this.emitFile({ type: "asset", fileName: `${FOLDER}/${name}`, source });
      emit("package.json", `${JSON.stringify({ type: "commonjs", sideEffects: false })}\n`);
      for (const [name, folder] of copiedPackages(Object.values(bundle))) {
        for (const file of globSync("LICENSE*", { cwd: folder })) {
          emit(`${name.replace("/", "-")}.${file}`, readFileSync(`${folder}${file}`, "utf8"));
        }
      }
    },
  };
}

/** Returns the folders of the packages whose code is in the bundle. Their licences require that it names them. */
function copiedPackages(bundle: (Rolldown.OutputChunk | Rolldown.OutputAsset)[]): Map<string, string> {
  const modules = bundle.flatMap((output) => (output.type === "chunk" ? output.moduleIds : []));
  const found = modules.map((id) => /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id));
  return new Map(found.flatMap((match) => (match ? [[match[1] ?? "", match[0]]] : [])));
}
