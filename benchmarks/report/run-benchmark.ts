import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { toCommand } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DIES_WITH_PARENT = new URL("./die-with-parent.ts", import.meta.url).href;
const LAST_LINES = 5;

/** The command as a user would type it, and its result or the reason of its failure. */
export type Ran = { command: string } & ({ result: RawResult } | { failed: string });

/** Runs one benchmark in its own process, as `npm run bench` does. Resolves with the reason if the benchmark fails. */
export async function runBenchmark(name: string, args: readonly string[]): Promise<Ran> {
  const command = toCommand(name, args);
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
  const result = parseResult(output.stdout.trimEnd().split("\n").at(-1) ?? "");
  if (result) return { command, result };
  const lastLines = output.stderr.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  return { command, failed: `ended with ${signal ?? `code ${code}`} without a result:\n${lastLines}` };
}

function parseResult(line: string): RawResult | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "benchmark" in value
      ? (value as RawResult)
      : undefined;
  } catch {
    return undefined;
  }
}
