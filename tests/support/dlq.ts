import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { bareEnv } from "./bare-env.ts";

const bin = fileURLToPath(new URL("../../packages/cli/src/bin.ts", import.meta.url));
const NODE_FLAGS = ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning"];

export interface DlqOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Does what `pubsub dlq ARGS` does in this folder, with only the given environment. */
export async function runDlq(
  args: readonly string[],
  { env, cwd }: { env: Record<string, string>; cwd: string },
): Promise<DlqOutcome> {
  const child = spawn(process.execPath, [...NODE_FLAGS, bin, "dlq", ...args], {
    cwd,
    env: { ...bareEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code, stdout, stderr };
}

/** Returns the last line of the `--json` output. */
export const lastLine = ({ stdout }: DlqOutcome): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
