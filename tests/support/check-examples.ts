/** Type-checks examples from the docs against the sources of the packages, each as its own module. */
import { spawnSync } from "node:child_process";
import { repository } from "./client-build.ts";
import { inTypescriptProject } from "./typescript-project.ts";

const COMPILER_OPTIONS = {
  target: "es2024",
  lib: ["es2024"],
  module: "nodenext",
  customConditions: ["pubsub-source"],
  allowImportingTsExtensions: true,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
};

/** Returns what the compiler reports; `2.ts` is the second example. */
export function checkExamples(examples: readonly string[], globals: string): string[] {
  const modules = examples.map((code, index) => [`${index + 1}.ts`, `${code}\nexport {};\n`] as const);
  const files = { "globals.ts": globals, ...Object.fromEntries(modules) };
  const config = { compilerOptions: COMPILER_OPTIONS, files: Object.keys(files) };
  const manifest = JSON.stringify({ type: "module" });
  return inTypescriptProject({ ...files, "package.json": manifest }, config, (configFile) => {
    const compiler = `${repository}node_modules/typescript/bin/tsc`;
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", configFile], {
      encoding: "utf8",
    });
    return `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
  });
}
