/** The examples of packages/client/README.md compile, as written, in a browser project that checks its libraries. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildClient, repository } from "../support/client-build.ts";

const GLOBALS = `declare function freshUrl(): Promise<string>;
declare function show(data: unknown): void;
declare function reload(why: string): void;

/** The part of React Native that the example uses. */
declare module "react-native" {
  type AppStateStatus = "active" | "background" | "inactive" | "unknown" | "extension";
  const AppState: {
    addEventListener(type: "change", listener: (state: AppStateStatus) => void): { remove(): void };
  };
}
`;

const COMPILER_OPTIONS = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  module: "esnext",
  moduleResolution: "bundler",
  jsx: "react-jsx",
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
  types: [],
};

it("compiles the examples of the README against the built package", () => {
  const project = `${repository}node_modules/.cache/client-readme/`;
  const installed = `${project}node_modules/lambda-websocket-pubsub-client/`;
  rmSync(project, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  symlinkSync(buildClient("readme"), `${installed}dist`);
  writeFileSync(`${installed}package.json`, readFileSync(`${repository}packages/client/package.json`));
  const readme = readFileSync(`${repository}packages/client/README.md`, "utf8");
  const examples = [...readme.matchAll(/```(tsx?)\n(.*?)```/gs)];
  expect(examples).toHaveLength(14);
  const files = examples.map(([, extension, code], index) => {
    const name = `example-${index}.${extension}`;
    writeFileSync(`${project}${name}`, `${code}\nexport {};\n`);
    return name;
  });
  writeFileSync(`${project}globals.d.ts`, GLOBALS);
  const config = { compilerOptions: COMPILER_OPTIONS, files: [...files, "globals.d.ts"] };
  writeFileSync(`${project}tsconfig.json`, JSON.stringify(config));
  const compiler = `${repository}node_modules/typescript/bin/tsc`;
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", project], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
