/** The published package: its size, its dependencies, and whether the built files run. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { buildClient, repository } from "../support/client-build.ts";

const packagePath = `${repository}packages/client/`;
const manifest = JSON.parse(readFileSync(`${packagePath}package.json`, "utf8")) as Record<string, unknown>;

const readme = readFileSync(`${packagePath}README.md`, "utf8");

/** What is imported, as the README's table names it, and the limit of its size. */
const SIZES: [name: string, contents: string, bytesMax: number][] = [
  ["everything", 'export * from "lambda-websocket-pubsub-client"', 12_300],
  [
    "`createSubscribeClient`",
    'export { createSubscribeClient } from "lambda-websocket-pubsub-client"',
    7_600,
  ],
];

interface Bundle {
  code: string;
  metafile: Metafile;
}

async function bundled(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: new URL(".", import.meta.url).pathname },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["pubsub-source"],
    external: ["react"],
    write: false,
    metafile: true,
    logLevel: "error",
  });
  return { code: outputFiles[0]?.text ?? "", metafile };
}

describe("the bundle", () => {
  it.each(SIZES)(
    "with %s is as small as the README says, minified and gzipped",
    async (name, contents, max) => {
      const { code } = await bundled(contents);
      const bytes = gzipSync(code, { level: 9 }).length;
      console.log(`${name}: ${code.length} bytes minified, ${bytes} gzipped`);
      expect(bytes).toBeLessThanOrEqual(max);
      const row = readme.split("\n").find((line) => line.startsWith(`| ${name} `));
      const rounded = (Math.ceil(bytes / 100) * 100).toLocaleString("en-US");
      expect(row).toContain(`| ${rounded} bytes `);
    },
  );

  it("with createSubscribeClient contains neither the iterator nor publishing, history and loading", async () => {
    const { metafile } = await bundled(SIZES[1]?.[1] ?? "");
    const used = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {});
    const files = used.flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path.replace(/.*\//, "")] : [],
    );
    expect(files).toContain("subscribe-client.ts");
    const others = [
      "asking",
      "client",
      "iterate",
      "latest",
      "load",
      "members",
      "members-topic",
      "presence",
      "presence-options",
      "publication",
      "publish-lane",
      "publisher",
      "seat",
    ];
    expect(files.filter((file) => others.includes(file.replace(".ts", "")))).toEqual([]);
  });

  it("contains only files of the package and no module of Node", async () => {
    for (const entry of ["", "/react"]) {
      const { metafile } = await bundled(`export * from "lambda-websocket-pubsub-client${entry}"`);
      const foreign = Object.keys(metafile.inputs).filter(
        (path) => !/(^|\/)packages\/client\/src\/|^<stdin>$/.test(path),
      );
      expect(foreign).toEqual([]);
      const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
      const external = imports.filter(({ external: isExternal }) => isExternal).map(({ path }) => path);
      expect([...new Set(external)]).toEqual(entry ? ["react"] : []);
      expect(external.filter((path) => builtinModules.includes(path.replace("node:", "")))).toEqual([]);
    }
  });

  it("contains nothing that is not imported", async () => {
    const { code } = await bundled(
      'import { isPubsubClientError } from "lambda-websocket-pubsub-client"; console.log(isPubsubClientError)',
    );
    expect(code.length).toBeLessThan(400);
    expect((await bundled('import "lambda-websocket-pubsub-client"')).code).toBe("");
  });
});

describe("the package", () => {
  it("has no dependency at run time, and React is optional", () => {
    expect(manifest).toMatchObject({
      name: "lambda-websocket-pubsub-client",
      type: "module",
      sideEffects: false,
      peerDependencies: { react: ">=18" },
      peerDependenciesMeta: { react: { optional: true } },
    });
    expect(manifest.dependencies).toBeUndefined();
  });

  it("exports its sources under the condition pubsub-source, and the built files otherwise", () => {
    expect(Object.keys(manifest.exports as object)).toEqual([".", "./react", "./package.json"]);
    const commonjs = { types: "./dist/cjs/index.d.ts", default: "./dist/cjs/index.js" };
    const entry = (manifest.exports as Record<string, object>)["."] ?? {};
    expect(Object.entries(entry)).toEqual([
      ["pubsub-source", "./src/index.ts"],
      // Both import and require, so that an app has one instance, and one React context
      ["react-native", commonjs],
      ["import", { types: "./dist/index.d.ts", default: "./dist/index.js" }],
      ["default", commonjs],
    ]);
  });

  it("has small files that do not use the type any", () => {
    const names = readdirSync(`${packagePath}src`, { recursive: true }).map(String);
    for (const name of names.filter((path) => path.endsWith(".ts"))) {
      const text = readFileSync(`${packagePath}src/${name}`, "utf8");
      expect(text.split("\n").length, name).toBeLessThanOrEqual(200);
      expect(text, name).not.toMatch(/\bany\b[;,)>\]]|: any\b|from "node:/);
    }
  });

  it("is built without code of the library, whose wire types it uses, and runs", () => {
    const target = buildClient("package");
    const files = readdirSync(target, { recursive: true }).map(String);
    const entries = ["index.js", "index.d.ts", "react.js", "react.d.ts"];
    expect(files).toEqual(expect.arrayContaining(entries.flatMap((name) => [name, `cjs/${name}`])));
    for (const name of files.filter((file) => /\.[jt]s$/.test(file))) {
      const imports = [
        ...readFileSync(`${target}${name}`, "utf8").matchAll(
          /^(?:import|export).* from "([^.].*)";?$|^.* = require\("([^.].*)"\);?$/gm,
        ),
      ];
      expect(imports.map(([, imported, required]) => imported ?? required)).toEqual(
        /^(cjs\/)?react\./.test(name) ? ["react", "react"].slice(0, imports.length) : [],
      );
    }
    for (const name of ["react.js", "cjs/react.js"]) {
      // Next.js and other servers render the hooks, but load them as code of the browser
      expect(readFileSync(`${target}${name}`, "utf8").split("\n")[0]).toBe('"use client";');
    }
    const script = `import { createPubsubClient } from ${JSON.stringify(`${target}index.js`)};
      const client = createPubsubClient({ url: "ws://127.0.0.1:9", onError() {} });
      console.log(client.state); client.connect(); console.log(client.state);
      client.close(); console.log(client.state);`;
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(ran.stdout).toBe("idle\nconnecting\nclosed\n");
  });
});
