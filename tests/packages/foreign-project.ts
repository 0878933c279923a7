import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { packPackages } from "../../packaging/pack-packages.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const INSTALL_TIMEOUT_MS = 400_000;

/** Installed with the versions that this repository has, and with these. TypeScript 7 has no node10. */
const OWN_VERSIONS = ["vitest", "vite", "esbuild", "react", "react-dom", "@types/react", "@types/node"];
const OTHERS = ["typescript@5.9", "jest@30", "metro@0.87"];

export interface Outcome {
  code: number;
  output: string;
}

export interface ForeignProject {
  dir: string;
  /** Returns the environment of a user who has installed this Node but nothing else of this repository. */
  env(node: string): NodeJS.ProcessEnv;
  /** Runs a command in the project, or in this folder. */
  run(node: string, command: string, args: readonly string[], cwd?: string): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Creates a project outside of this repository and installs the packed packages in it, as a user does. */
export async function foreignProject(): Promise<ForeignProject> {
  const root = await mkdtemp(join(tmpdir(), "pubsub-foreign-"));
  const dir = join(root, "project");
  await mkdir(join(dir, "my"), { recursive: true });
  const { devDependencies } = await ownManifest();
  const manifest = { name: "foreign", private: true, type: "module" };
  await writeFile(join(dir, "package.json"), JSON.stringify(manifest));
  const others = OWN_VERSIONS.map((name) => `${name}@${devDependencies[name]}`);
  await npm(dir, ["install", ...Object.values(packPackages(root)), ...others, ...OTHERS]);
  await cp(join(repository, "tests/packages/consumers"), join(dir, "consumers"), { recursive: true });
  for (const [path, code] of await readmeFiles()) await writeFile(join(dir, path), code);

  const env = (node: string): NodeJS.ProcessEnv => ({
    ...withoutNpm(),
    PATH: [dirname(node), ...pathWithoutPackages()].join(delimiter),
    // The folder is empty at first, so DynamoDB Local is downloaded as on a new machine
    XDG_CACHE_HOME: join(root, "cache"),
  });
  return {
    dir,
    env,
    run: (node, command, args, cwd = dir) => outcome(command, args, { cwd, env: env(node) }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Returns the path of a Node of this major version: one on the PATH, or one from npm. */
export async function nodeOfMajor(major: number): Promise<{ node: string; remove(): Promise<void> }> {
  for (const node of [process.execPath, ...pathWithoutPackages().map((folder) => join(folder, "node"))]) {
    const { code, output } = await outcome(node, ["--version"], {});
    if (code === 0 && output.startsWith(`v${major}.`)) return { node, remove: async () => {} };
  }
  const dir = await mkdtemp(join(tmpdir(), `pubsub-node-${major}-`));
  await writeFile(join(dir, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
  await npm(dir, ["install", `node@${major}`]);
  const node = join(dir, "node_modules/node/bin/node");
  return { node, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Removes this repository's Node and tools from the PATH. npm puts them first, but a user does not have them. */
const pathWithoutPackages = (): string[] =>
  (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));

async function ownManifest(): Promise<{ devDependencies: Record<string, string> }> {
  return JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
}

/** Returns the code blocks of the package's README that have a file name, such as `my/websocket.ts`. */
async function readmeFiles(): Promise<[path: string, code: string][]> {
  const readme = await readFile(join(repository, "packages/local/README.md"), "utf8");
  const blocks = readme.matchAll(/<!-- (my\/\S+) -->\n+```ts\n(.*?)```/gs);
  return [...blocks].map(([, path = "", code = ""]) => [path, code]);
}

async function npm(cwd: string, args: readonly string[]): Promise<void> {
  const PATH = pathWithoutPackages().join(delimiter);
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", [...args, ...quiet], {
    cwd,
    env: { ...withoutNpm(), PATH },
    timeout: INSTALL_TIMEOUT_MS,
  });
}

/** Returns the environment without the variables of the npm and the vitest that run this test. */
const withoutNpm = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|INIT_CWD|NODE_ENV|NODE_OPTIONS|VITEST|AWS_|PUBSUB_)/i.test(name),
    ),
  );

async function outcome(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}
