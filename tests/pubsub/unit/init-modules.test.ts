/** What the INIT phase of the deployed functions evaluates, read from what their bundles import without `import()`. */
import { readFile } from "node:fs/promises";
import type { Metafile } from "esbuild";
import { expect, it, onTestFinished } from "vitest";
import { bundleFunction } from "../../support/lambda-bundle.ts";

/**
 * Loaded by the SDK, or by code that only some invocations need. Node's TLS does not load these, or, as `fs`, `process` and
 * `util`, loads them without the properties that are made when they are first read. An import statement reads them all, for
 * its named exports: `process` opens the standard streams.
 */
const HEAVY_BUILTINS = /^(?:node:)?(?:https?|http2|dgram|child_process|stream|fs\/promises|fs|process|util)$/;

/** Returns the sources and the modules of Node that are loaded with the entry. */
function loadedByEntry({ outputs }: Metafile): { sources: string[]; builtins: string[] } {
  const sources: string[] = [];
  const builtins: string[] = [];
  const seen = new Set<string>();
  const [entry = ""] = Object.entries(outputs).find(([path]) => path.endsWith("/bundle.mjs")) ?? [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const { inputs = {}, imports = [] } = outputs[path] ?? {};
    for (const [source, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput > 0) sources.push(source);
    for (const { path: imported, kind, external } of imports) {
      if (kind !== "import-statement") continue;
      if (external) builtins.push(imported);
      else visit(imported);
    }
  };
  visit(entry);
  return { sources, builtins };
}

it.each(["fanout", "websocket"] as const)("evaluates no module of the SDK in INIT of %s", async (name) => {
  const bundle = await bundleFunction(name);
  onTestFinished(() => bundle.remove());
  const { sources, builtins } = loadedByEntry(bundle.metafile);
  expect(sources).toContain(`functions/${name}.ts`);
  expect(sources.filter((path) => /node_modules\/@(?:aws-sdk|smithy|aws-crypto)\//.test(path))).toEqual([]);
  expect(builtins).toContain("node:tls");
  expect(builtins.filter((module) => HEAVY_BUILTINS.test(module))).toEqual([]);
  // It is in the bundle all the same, for what a direct call does not understand
  const all = Object.keys(bundle.metafile.inputs);
  for (const client of ["client-dynamodb", "client-sqs", "client-apigatewaymanagementapi"]) {
    expect(all.some((path) => path.includes(`@aws-sdk/${client}/`))).toBe(true);
  }
});

it.each(["fanout", "websocket"] as const)(
  "reads %s as one byte a character: a single other one makes V8 keep and scan the whole bundle as two",
  async (name) => {
    const bundle = await bundleFunction(name);
    onTestFinished(() => bundle.remove());
    const text = await readFile(bundle.path, "latin1");
    expect(/[^\0-\x7f]+/.exec(text)?.[0]).toBeUndefined();
  },
);
