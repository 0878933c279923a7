/** The packages' types, for each way in which TypeScript resolves modules. */
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "../support/client-build.ts";
import type { Consumers } from "./consumer-runs.ts";

interface Resolution {
  name: string;
  options: object;
  extensions: readonly string[];
  /** The path of the compiler: TypeScript 7 has no node10. */
  compiler?: string;
}

const FIVE = "node_modules/typescript/bin/tsc";
const RESOLUTIONS: readonly Resolution[] = [
  {
    name: "node10",
    // TypeScript 5 takes long to check the libraries' types, which TypeScript 7 checks
    options: { module: "commonjs", moduleResolution: "node10", skipLibCheck: true },
    extensions: ["ts"],
    compiler: FIVE,
  },
  { name: "node16", options: { module: "node16" }, extensions: ["mts", "cts"] },
  { name: "nodenext", options: { module: "nodenext" }, extensions: ["mts", "cts"] },
  { name: "bundler", options: { module: "esnext", moduleResolution: "bundler" }, extensions: ["ts"] },
];

export function describeCompilers(consumers: Consumers): void {
  describe("TypeScript", () => {
    it.each(RESOLUTIONS)("finds and checks the types by the resolution $name", async (resolution) => {
      const { name, options, extensions, compiler } = resolution;
      const { dir, run } = consumers.project();
      const folder = join(dir, "consumers/types");
      const files = extensions.map((extension) => `${name}.${extension}`);
      for (const file of files) await cp(join(folder, "user.ts"), join(folder, file));
      const compilerOptions = {
        ...{ target: "es2022", lib: ["es2022", "dom"], types: ["node"], strict: true, noEmit: true },
        ...options,
      };
      const project = join(folder, `${name}.json`);
      await writeFile(project, JSON.stringify({ compilerOptions, files }));
      const node = consumers.nodeOf(24);
      const tsc = compiler ? join(dir, compiler) : join(repository, "node_modules/typescript/bin/tsc");
      expect(await run(node, node, [tsc, "-p", project])).toEqual({ code: 0, output: "" });
    });
  });
}
