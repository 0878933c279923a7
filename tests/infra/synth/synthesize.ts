import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { bundleProgram, type Program } from "./bundle-program.ts";
import { startCliServer } from "./cli-server.ts";
import { REGION } from "./provider.ts";
import { ensurePlatform, REPOSITORY } from "./sst-platform.ts";
import type { App, Synthesis } from "./synthesis.ts";

export interface SynthesizeOptions {
  stage: string;
  /** The app's folder. The default is the repository. */
  root?: string;
  /** Synthesizes for `sst dev` instead of `sst deploy`. */
  dev?: boolean;
  /** Further environment variables of the program. */
  env?: Record<string, string>;
}

/**
 * Returns everything that an app would create on AWS, without AWS. It runs the unmodified sst.config.ts and stacks and
 * SST's real components with a provider that only records. It does the work of SST's CLI in the same way: it bundles,
 * responds to the components and evaluates `app()` and `run()`.
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesis> {
  const { stage, root = REPOSITORY, dev = false, env = {} } = options;
  const platform = await ensurePlatform();
  const work = await mkdtemp(path.join(tmpdir(), "sst-synthesis-"));
  const bundles = await mkdtemp(path.join(platform, "synthesis-"));
  try {
    const context = { root, platform, work, bundles, stage, dev, env };
    const app = await evaluateApp(context);
    return { app, ...(await evaluateRun(context, app)) };
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(bundles, { recursive: true, force: true });
  }
}

interface Context extends Required<SynthesizeOptions> {
  platform: string;
  /** A temporary folder. `bundles` is one too, but below the platform, so that Node finds the external packages. */
  work: string;
  bundles: string;
}

async function evaluateApp({ root, platform, bundles, stage, env }: Context): Promise<App> {
  const outfile = path.join(bundles, "app.mjs");
  await bundleProgram({
    root,
    platform,
    outfile,
    banner: "const $config = (input) => input;",
    define: { $stage: JSON.stringify(stage) },
    code: `
      import config from "./sst.config.ts";
      console.log(JSON.stringify(await config.app({ stage: $stage })));`,
  });
  const returned = JSON.parse(await run(outfile, root, env)) as App;
  const { home, providers = {} } = returned;
  return { removal: "retain", ...returned, providers: { [home]: {}, ...providers }, stage };
}

async function evaluateRun(context: Context, app: App): Promise<Omit<Synthesis, "app">> {
  const { root, bundles, work, env } = context;
  const outfile = path.join(bundles, "run.mjs");
  const resultFile = path.join(work, "result.json");
  await bundleProgram(await runProgram(context, app, { outfile, resultFile }));
  const server = await startCliServer(root, path.join(work, "artifacts"));
  try {
    await run(outfile, root, { SST_SERVER: server.url, SST_AWS_REGION: REGION, ...env });
  } finally {
    server.close();
  }
  const result = JSON.parse(await readFile(resultFile, "utf8")) as Omit<Synthesis, "app" | "rpcCalls">;
  return { ...result, rpcCalls: server.calls };
}

async function runProgram(
  { root, platform, work, dev }: Context,
  app: App,
  { outfile, resultFile }: { outfile: string; resultFile: string },
): Promise<Program> {
  const paths = { home: work, root, work, platform };
  const cli = { command: dev ? "dev" : "deploy", dev, paths, state: { version: {} } };
  return {
    root,
    platform,
    outfile,
    globals: await globalsOf(platform),
    inject: [path.join(platform, "src/shim/run.js")],
    define: { $app: JSON.stringify(app), $cli: JSON.stringify(cli), $dev: String(dev) },
    code: `
      import * as pulumi from "@pulumi/pulumi";
      import { run } from ${JSON.stringify(path.join(platform, "src/auto/run.ts"))};
      import { evaluate } from ${JSON.stringify(path.join(import.meta.dirname, "evaluate.ts"))};
      import config from "./sst.config.ts";
      const into = ${JSON.stringify({ app: app.name, stage: app.stage, resultFile })};
      await evaluate(pulumi, () => run(config.run), into);`,
  };
}

/** Returns imports of `sst` and of each provider that `sst install` found in the app. */
async function globalsOf(platform: string): Promise<string> {
  const lock = JSON.parse(await readFile(path.join(platform, "../provider-lock.json"), "utf8")) as {
    alias: string;
    package: string;
  }[];
  const providers = lock.map((provider) => `import * as ${provider.alias} from "${provider.package}";`);
  return [...providers, `import * as sst from "${path.join(platform, "src/components")}";`].join("\n");
}

/** Runs a bundle in a separate process, as the CLI does, and returns its standard output. */
async function run(file: string, cwd: string, env: Record<string, string>): Promise<string> {
  const { ALARM_EMAIL: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const options = { cwd, env: { ...inherited, PULUMI_SKIP_UPDATE_CHECK: "true", ...env } };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--enable-source-maps", file], options);
    return stdout;
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    throw new Error(`the infrastructure program failed\n${stderr}`, { cause });
  }
}
