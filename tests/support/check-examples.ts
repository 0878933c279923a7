/** Type-checks examples from the docs against the sources of the packages, each as its own module. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
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

/** The declarations that the sources of the packages need, but do not import. */
const DECLARATIONS = globSync("packages/*/src/**/*.d.ts", { cwd: repository });

/**
 * Compiles all examples at once. Returns what the compiler reports, by the name of the example; what it reports about
 * anything else is under "other".
 */
export function checkExamples(
  examples: Readonly<Record<string, string>>,
  globals: string,
): Record<string, string[]> {
  const names = Object.keys(examples);
  const modules = Object.values(examples).map(
    (code, index) => [`${index}.ts`, `${code}\nexport {};\n`] as const,
  );
  const files = { "globals.ts": globals, ...Object.fromEntries(modules) };
  const declarations = DECLARATIONS.map((file) => `${repository}${file}`);
  const config = { compilerOptions: COMPILER_OPTIONS, files: [...Object.keys(files), ...declarations] };
  const manifest = JSON.stringify({ type: "module" });
  const lines = inTypescriptProject({ ...files, "package.json": manifest }, config, compile);
  return Object.groupBy(lines, (line) => {
    const [, index] = /typescript-project-\w+\/(\d+)\.ts\(/.exec(line) ?? [];
    return names[Number(index)] ?? "other";
  }) as Record<string, string[]>;
}

function compile(configFile: string): string[] {
  const compiler = `${repository}node_modules/typescript/bin/tsc`;
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", configFile], { encoding: "utf8" });
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
}
