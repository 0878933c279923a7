import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { bundleProgram, type Program } from "./bundle-program.ts";
import { startCliServer } from "./cli-server.ts";
import { REGION } from "./provider.ts";
import type { Outcome } from "./settle.ts";
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

const SETTLE = path.join(import.meta.dirname, "settle.ts");

type Evaluation = Omit<Synthesis, "app" | "rpcCalls">;

interface Context extends Required<SynthesizeOptions> {
  platform: string;
  /** A temporary folder. `bundles` is one too, but below the platform, so that Node finds the external packages. */
  work: string;
  bundles: string;
}

async function evaluateApp({ root, platform, bundles, work, stage, env }: Context): Promise<App> {
  const outfile = path.join(bundles, "app.mjs");
  const outcomeFile = path.join(work, "app.json");
  await bundleProgram({
    root,
    platform,
    outfile,
    banner: "const $config = (input) => input;",
    define: { $stage: JSON.stringify(stage) },
    code: `
      import { settle } from ${JSON.stringify(SETTLE)};
      import config from "./sst.config.ts";
      await settle(() => config.app({ stage: $stage }), ${JSON.stringify(outcomeFile)});`,
  });
  const returned = await run<App>({ outfile, outcomeFile, root, env });
  const { home, providers = {} } = returned;
  return { removal: "retain", ...returned, providers: { [home]: {}, ...providers }, stage };
}

async function evaluateRun(context: Context, app: App): Promise<Omit<Synthesis, "app">> {
  const { root, bundles, work, env } = context;
  const outfile = path.join(bundles, "run.mjs");
  const outcomeFile = path.join(work, "run.json");
  await bundleProgram(await runProgram(context, app, { outfile, outcomeFile }));
  const server = await startCliServer(root, path.join(work, "artifacts"));
  try {
    const given = { SST_SERVER: server.url, SST_AWS_REGION: REGION, ...env };
    const result = await run<Evaluation>({ outfile, outcomeFile, root, env: given });
    return { ...result, rpcCalls: server.calls };
  } finally {
    server.close();
  }
}

async function runProgram(
  { root, platform, work, dev }: Context,
  app: App,
  { outfile, outcomeFile }: { outfile: string; outcomeFile: string },
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
      import { settle } from ${JSON.stringify(SETTLE)};
      import config from "./sst.config.ts";
      const as = ${JSON.stringify({ app: app.name, stage: app.stage })};
      await settle(() => evaluate(pulumi, () => run(config.run), as), ${JSON.stringify(outcomeFile)});`,
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

interface Run {
  outfile: string;
  outcomeFile: string;
  root: string;
  env: Record<string, string>;
}

/** Runs a bundle in a separate process, as the CLI does, and returns what its program has settled with. */
async function run<Value>({ outfile, outcomeFile, root, env }: Run): Promise<Value> {
  const { ALARM_EMAIL: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const options = { cwd: root, env: { ...inherited, PULUMI_SKIP_UPDATE_CHECK: "true", ...env } };
  // It ends by a signal. Without an outcome it failed before its program began
  const ended: unknown = await promisify(execFile)(
    process.execPath,
    ["--enable-source-maps", outfile],
    options,
  ).catch((error: unknown) => error);
  const text = await readFile(outcomeFile, "utf8").catch(() => undefined);
  const { stderr = "" } = ended as { stderr?: string };
  const outcome = text === undefined ? { error: stderr } : (JSON.parse(text) as Outcome<Value>);
  if ("value" in outcome) return outcome.value;
  throw new Error(`the infrastructure program failed\n${outcome.error}`, { cause: ended });
}
