/** The packages in bundles: those of esbuild for Lambda, of Vite for a browser, of Metro for React Native. */
import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "../support/client-build.ts";
import { codeBlocks } from "../support/markdown-sections.ts";
import { type Consumers, LAMBDA_FLAGS, PONG, report } from "./consumer-runs.ts";

const guide = readFileSync(`${repository}docs/deploying.md`, "utf8");
const recipes = codeBlocks(guide, "sh").filter((block) => block.startsWith("npx esbuild "));
const [functions = ""] = codeBlocks(guide, "ts");

export function describeBundlers(consumers: Consumers): void {
  describe("esbuild, by the commands of docs/deploying.md", () => {
    it.each([
      ["esm", ".mjs"],
      ["cjs", ".cjs"],
    ])("bundles functions as %s that load on Lambda and reply to a PING", async (format, extension) => {
      const { dir, run } = consumers.project();
      const node = consumers.nodeOf(24);
      await mkdir(join(dir, "functions"), { recursive: true });
      for (const name of ["websocket", "fanout"])
        await writeFile(join(dir, `functions/${name}.ts`), functions);
      const [recipe = "", ...others] = recipes.filter((block) => block.includes(`--format=${format}`));
      expect(others).toEqual([]);
      const { code, output } = await run(node, "sh", ["-c", recipe]);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`fanout${extension}`) });
      const bundle = join(dir, `dist/websocket${extension}`);
      const invoke = [...LAMBDA_FLAGS, "consumers/modules/invoke.mjs", bundle];
      expect(await report(consumers, 24, ...invoke)).toEqual(PONG);
    });
  });

  it("is built by Vite from its ES modules, without warnings, and runs", async () => {
    const { dir, run } = consumers.project();
    const node = consumers.nodeOf(24);
    expect(await run(node, node, ["consumers/vite/build.mjs"])).toEqual({ code: 0, output: "" });
    const bundle = join(dir, "consumers/vite/dist/main.js");
    expect(await report(consumers, 24, bundle)).toEqual(["function", "function"]);
    expect(await readFile(bundle, "utf8")).not.toContain("Symbol.toStringTag,{value:`Module`}");
  });

  it.each(["on", "off"])(
    "is one instance for import and require in Metro with package exports %s",
    async (packageExports) => {
      const bundled = await report(consumers, 24, "consumers/metro/bundle.cjs", packageExports);
      expect(bundled).toEqual({
        types: ["function", "function"],
        isOneInstance: true,
      });
    },
  );
}
