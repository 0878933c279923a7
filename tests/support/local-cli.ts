import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { freePorts } from "./free-ports.ts";

const cli = fileURLToPath(new URL("../../packages/local/src/bin.ts", import.meta.url));

export type CliProcess = ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };

/** Runs the local stack's command as `npm start` does. It is killed when the test ends, or earlier. */
export function runCli(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): CliProcess {
  const child = spawn(process.execPath, ["--conditions=pubsub-source", cli, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

export interface CliOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

export async function cliOutcome(child: CliProcess): Promise<CliOutcome> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, stdout, stderr };
}

export async function portFlags(): Promise<string[]> {
  const [gateway, dynamodb, sqs] = await freePorts(3);
  return ["--gateway-port", `${gateway}`, "--dynamodb-port", `${dynamodb}`, "--sqs-port", `${sqs}`];
}

/** The output of `--json` when the stack is up. */
export interface StartedStack {
  websocketUrl: string;
  dynamodbEndpoint: string;
  fanoutQueueUrl: string;
  inspectorUrl: string;
  env: Record<string, string>;
}

export async function startedStack({ stdout, stderr }: CliProcess): Promise<StartedStack> {
  const lines = createInterface({ input: stdout });
  const [line] = await Promise.race([once(lines, "line"), once(lines, "close")]);
  if (line === undefined) throw new Error(`The command ended before the stack was up: ${await text(stderr)}`);
  return JSON.parse(String(line)) as StartedStack;
}

/** Returns everything that the command prints until the stack is up. */
export async function introductionOf({ stdout, stderr }: CliProcess): Promise<string> {
  let printed = "";
  for await (const line of createInterface({ input: stdout })) {
    printed += `${line}\n`;
    if (line.startsWith("Ctrl-C")) return printed;
  }
  throw new Error(`The command ended before the stack was up: ${printed}${await text(stderr)}`);
}
