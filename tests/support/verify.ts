import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { onTestFinished } from "vitest";
import { bareEnv } from "./bare-env.ts";

const bin = fileURLToPath(new URL("../../packages/cli/src/bin.ts", import.meta.url));
const NODE_FLAGS = ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"];

export interface CheckRow {
  id: string;
  what: string;
  expected: string;
  holds: boolean | null;
  saw: string;
}

export interface Verified {
  target: string;
  passed: number;
  failed: number;
  skipped: number;
  checks: CheckRow[];
}

export interface PubsubOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

type PubsubProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Runs `pubsub ARGS` in a folder of its own, with only the given environment. It is killed when the test ends. */
export async function startPubsub(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ child: PubsubProcess; outcome: Promise<PubsubOutcome> }> {
  const cwd = await mkdtemp(join(tmpdir(), "pubsub-cli-"));
  const child = spawn(process.execPath, [...NODE_FLAGS, bin, ...args], {
    cwd,
    env: { ...bareEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(cwd, { recursive: true, force: true });
  });
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([stdout, stderr, [code]]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, outcome };
}

export async function runPubsub(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<PubsubOutcome> {
  const { outcome } = await startPubsub(args, env);
  return outcome;
}

/** Returns the flags with which `verify` finds this stack, by the file that a local stack writes. */
export async function localFlags({ env }: { env: Readonly<Record<string, string>> }): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), "pubsub-env-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "env");
  await writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  );
  return ["--env", file];
}

/** Returns the flags and the environment by which `verify` takes this stack for a deployed stage. */
export function asDeployed({ env, websocketUrl, dynamodbTableName, fanoutQueueUrl }: LocalStack): {
  flags: string[];
  env: Record<string, string>;
} {
  // By this variable the command sees that a stack is a local one
  const { PUBSUB_LOCAL_STACK_ID: _, ...deployedEnv } = env;
  const flags = ["--url", websocketUrl, "--table", dynamodbTableName, "--queue", fanoutQueueUrl];
  return { flags, env: deployedEnv };
}

/** Runs `pubsub verify --json` against a local stack. Rejects if it prints no result. */
export async function verifyStack(
  stack: { env: Readonly<Record<string, string>> },
  ...args: string[]
): Promise<Verified & { code: number | null }> {
  const { code, stdout, stderr } = await runPubsub([
    "verify",
    ...(await localFlags(stack)),
    "--json",
    ...args,
  ]);
  if (!stdout.startsWith("{")) throw new Error(`verify printed no result, exit code ${code}: ${stderr}`);
  const { verify } = JSON.parse(stdout) as { verify: Verified };
  return { ...verify, code };
}

/** Returns what one check saw, if it failed. Throws if it did not fail. */
export function failureOf({ checks, code }: Verified & { code: number | null }, id: string): string {
  const check = checks.find((each) => each.id === id);
  if (check?.holds !== false || code !== 1) {
    throw new Error(`${id} did not fail, exit code ${code}: ${JSON.stringify(check)}`);
  }
  return check.saw;
}
