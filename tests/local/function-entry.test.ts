import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseEntry } from "../../packages/local/src/workers/function-entry.ts";
import {
  createFunctionHost,
  type FunctionHost,
  type FunctionHostOptions,
} from "../../packages/local/src/workers/index.ts";

const hosts: FunctionHost[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pubsub-entry-"));
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

function hostOf(entry: string, options: Partial<FunctionHostOptions> = {}): FunctionHost & { log: string[] } {
  const log: string[] = [];
  const host = createFunctionHost({ name: "test", entry, onLog: (line) => log.push(line), ...options });
  hosts.push(host);
  return { ...host, log };
}

describe("a TypeScript function that needs a bundler", () => {
  it("runs with enums, imports of types without `type`, paths without an extension and a named export", async () => {
    await file(
      "shared.ts",
      `export interface Reply { text: string }\nexport const reply = (text: string) => ({ text });\n`,
    );
    const entry = await file(
      "typescript.ts",
      `import { APIGatewayEvent, Context } from 'aws-lambda';
import { Reply, reply } from './shared';
import { basename } from 'path';
export enum Kind { HELLO = 'hello' }
class Greeter { constructor(private kind: Kind) {} greet(): Reply { return reply(this.kind); } }
export const greet = async (event: APIGatewayEvent, context: Context) =>
  ({ ...new Greeter(Kind.HELLO).greet(), file: basename(__filename) });
`,
    );
    const host = hostOf(`${entry}#greet`);
    expect(await host.invoke({})).toEqual({ text: "hello", file: "typescript.ts" });
    expect(host.log).toEqual([]);
  });

  it("finds packages relative to its file, and reports the lines of the source", async () => {
    await mkdir(join(folder, "node_modules/neighbour"), { recursive: true });
    await file("node_modules/neighbour/package.json", `{ "type": "module", "exports": "./index.js" }`);
    await file("node_modules/neighbour/index.js", `export const answer = 42;`);
    const entry = await file(
      "throws.ts",
      `import { answer } from "neighbour";

interface Event { fail?: true }
export const handler = (event: Event): number => {
  if (event.fail) throw new TypeError("wrong turn", { cause: new RangeError("too far") });
  return answer;
};
`,
    );
    const host = hostOf(entry);
    expect(await host.invoke({})).toBe(42);
    await expect(host.invoke({ fail: true })).rejects.toThrow("wrong turn");
    const withoutColumns = host.log.map((report) => report.replaceAll(/(:\d+):\d+\)/g, "$1)").split("\n"));
    expect(withoutColumns).toEqual([
      [
        "The handler failed: TypeError: wrong turn",
        `    at handler (${entry}:5)`,
        "Caused by: RangeError: too far",
        `    at handler (${entry}:5)`,
      ],
    ]);
  });

  it("reports the line of a syntax error, and runs the file after it is corrected", async () => {
    const entry = await file("mended.ts", "export const handler = (event: ) => 1;\n");
    const host = hostOf(entry);
    await expect(host.invoke({})).rejects.toMatchObject({ code: "INIT_ERROR" });
    expect(host.log).toEqual([
      expect.stringMatching(
        /^The function could not be loaded: .*\n.*mended\.ts:1:31: ERROR: Unexpected "\)"/,
      ),
    ]);
    await file("mended.ts", "export const handler = (event: object) => 1;\n");
    expect(await host.invoke({})).toBe(1);
    expect(host.stats()).toMatchObject({ errors: 1, invocations: 1 });
  });
});

describe("a JavaScript function", () => {
  it.each([
    ["module.mjs", "export const run = () => 'module';", "module"],
    ["names.cjs", "exports.run = () => 'names';", "names"],
    ["whole.cjs", "const run = () => 'whole';\nmodule.exports = Object.assign({}, { run });", "whole"],
  ])("is taken as Node takes it: %s", async (name, content, result) => {
    const host = hostOf(`${await file(name, content)}#run`);
    expect(await host.invoke({})).toBe(result);
  });
});

describe("a function that fails", () => {
  it.each([
    [
      "exports.mjs",
      "export const other = 1;",
      /exports\.mjs exports no function "handler" \(it exports: other\)/,
    ],
    ["import.mjs", 'import "not-there";', /Cannot find package 'not-there'/],
    ["throws.mjs", 'throw new Error("no settings");', /no settings\n {4}at file:.*throws\.mjs:1:7/],
  ])("reports a failure to load in its own log: %s", async (name, content, reason) => {
    const host = hostOf(await file(name, content));
    await expect(host.invoke({})).rejects.toMatchObject({ code: "INIT_ERROR" });
    expect(host.log).toEqual([expect.stringMatching(/^The function could not be loaded: /)]);
    expect(host.log[0]).toMatch(reason);
  });

  it("logs a timeout and an ended process", async () => {
    const slow = hostOf(await file("slow.mjs", "export const handler = () => new Promise(() => {});"), {
      timeoutMs: 50,
    });
    await expect(slow.invoke({})).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(slow.log).toEqual(["The invocation failed: Sandbox.Timedout: Task timed out after 0.05 seconds"]);
    const gone = hostOf(await file("gone.mjs", "export const handler = () => process.exit(3);"));
    await expect(gone.invoke({})).rejects.toMatchObject({ code: "CRASHED" });
    expect(gone.log).toEqual(["The invocation failed: Runtime.ExitError: the process exited with code 3"]);
  });

  it("logs no failure when the host stops", async () => {
    const host = hostOf(
      await file(
        "stopped.mjs",
        "export const handler = () => { console.log('up'); return new Promise(() => {}); };",
      ),
    );
    const invocation = host.invoke({}).catch((error: unknown) => error);
    await expect.poll(() => host.log).toEqual(["up"]);
    await host.stop();
    expect(await invocation).toMatchObject({ code: "CRASHED" });
    expect(host.log).toEqual(["up"]);
  });
});

describe("an entry", () => {
  it("consists of a file and, after the last #, the name of its export", async () => {
    expect(parseEntry("/a/b.ts")).toEqual({ file: "/a/b.ts", exportName: "handler" });
    expect(parseEntry("/a/b.ts#websocket")).toEqual({ file: "/a/b.ts", exportName: "websocket" });
    expect(parseEntry("/a#b/c.ts")).toEqual({ file: "/a#b/c.ts", exportName: "handler" });
    expect(parseEntry("/a#b/c.ts#$d")).toEqual({ file: "/a#b/c.ts", exportName: "$d" });
    const odd = await file("odd#name", "");
    expect(parseEntry(odd)).toEqual({ file: odd, exportName: "handler" });
  });
});
