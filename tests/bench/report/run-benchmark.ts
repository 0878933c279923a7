import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { commandOf } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DIES_WITH_PARENT = new URL("./die-with-parent.ts", import.meta.url).href;
const LAST_LINES = 5;

/** The command, as one would type it, and what it printed or why it did not. */
export type Ran = { command: string } & ({ result: RawResult } | { failed: string });

/** Runs one benchmark as `npm run bench` does, in a process of its own; a failure is a result too. */
export async function runBenchmark(name: string, args: readonly string[]): Promise<Ran> {
  const command = commandOf(name, args);
  const child = fork(MAIN, [name, ...args, "--json"], {
    execArgv: [
      "--conditions=pubsub-source",
      "--disable-warning=ExperimentalWarning",
      "--import",
      DIES_WITH_PARENT,
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  }
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const result = objectIn(output.stdout.trimEnd().split("\n").at(-1) ?? "");
  if (result) return { command, result };
  const lastLines = output.stderr.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  return { command, failed: `ended with ${signal ?? `code ${code}`} and no result:\n${lastLines}` };
}

function objectIn(line: string): RawResult | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "benchmark" in value
      ? (value as RawResult)
      : undefined;
  } catch {
    return undefined;
  }
}
