import { join } from "node:path";
import { SingleBar } from "cli-progress";
import { type ChaosResult, keepRun, runName } from "./kept-runs.ts";
import {
  type ChaosOptions,
  type JudgeOptions,
  parseOptions,
  type ReportOptions,
  USAGE,
  UsageError,
} from "./options.ts";
import { createProgress } from "./run/progress.ts";
import { runStackSuite } from "./run/stack-report.ts";
import { runSockets } from "./sockets.ts";
import type { StackSuite } from "./troubles/suites.ts";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else if ("report" in options) await report(options);
  else if ("judge" in options) await judge(options);
  else await main(options);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function report({ reports }: ReportOptions): Promise<void> {
  const { writeReliability } = await import("./report/write-reliability.ts");
  console.log(await writeReliability(reports));
}

async function judge({ judge: name, reports, json }: JudgeOptions): Promise<void> {
  const { judgeAgain } = await import("./run/judge-again.ts");
  const { summary, explanation } = await judgeAgain(reports, name);
  for (const line of explanation) console.error(line);
  if (json) console.log(JSON.stringify(summary));
  else show(summary);
  process.exitCode = summary.ok ? 0 : 1;
}

async function main(options: ChaosOptions): Promise<void> {
  const result = await run(options);
  await keepRun(options.reports, toCommand(options, process.argv.slice(2)), result);
  if (options.json) console.log(JSON.stringify(result));
  else show(result);
  process.exitCode = result.ok ? 0 : 1;
}

/** Returns the command that repeats this run: always with a seed, and without the options of the output. */
function toCommand({ seed }: ChaosOptions, args: readonly string[]): string {
  const given = args.filter((arg, index) => {
    return arg !== "--json" && arg !== "--reports" && args[index - 1] !== "--reports";
  });
  return ["npm run chaos --", ...given, ...(given.includes("--seed") ? [] : ["--seed", seed])].join(" ");
}

async function run(options: ChaosOptions): Promise<ChaosResult> {
  const { suite } = options;
  if (suite === "client") return client(options);
  if (suite === "sockets") return sockets(options);
  if (suite === "hostile") return (await import("./hostile/show-run.ts")).showHostileRun(options);
  if (suite === "presence") return presence(options);
  return stack({ ...options, suite });
}

async function client({ suite, seed, runs }: ChaosOptions): Promise<ChaosResult & Record<string, unknown>> {
  const { checkClientProperty } = await import("../client/client-property.ts");
  const startedMs = performance.now();
  // Throws an error with the seed and the shortest scenario that fails
  await checkClientProperty({ runs, seed });
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return { suite, seed, ok: true, runs, failed: 0, seconds };
}

async function sockets(options: ChaosOptions): Promise<ChaosResult & Record<string, unknown>> {
  const { suite, seed, clients, events } = options;
  const format = "delivered {bar} {value}/{total}";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(clients * events, 0);
  const { deliveries, lost, duplicated, reordered, gaps, connections, faults } = await runSockets(
    options,
    (delivered) => bar.update(delivered),
  );
  bar.stop();
  const ok = lost + duplicated + reordered + gaps === 0;
  return { suite, seed, ok, deliveries, connections, faults, clients: { lost, duplicated, reordered, gaps } };
}

async function presence({ seed, minutes, breakage, reports }: ChaosOptions): Promise<ChaosResult> {
  const { runPresence } = await import("./presence/run.ts");
  const progress = createProgress();
  const historyPath = join(reports, `${runName({ suite: "presence", seed, breakage })}.jsonl`);
  const { result, mismatches } = await runPresence({
    seed,
    seconds: minutes * 60,
    breakage,
    historyPath,
    onProgress: progress.show,
  });
  progress.end();
  for (const line of mismatches) console.error(line);
  return result;
}

async function stack(options: ChaosOptions & { suite: StackSuite }): Promise<ChaosResult> {
  const { suite, seed, minutes, breakage, inlineFanoutMax, reports: directory } = options;
  const progress = createProgress();
  const { summary, explanation } = await runStackSuite(
    { suite, seed, seconds: minutes * 60, breakage, inlineFanoutMax, directory },
    progress.show,
  );
  progress.end();
  for (const line of explanation) console.error(line);
  return summary;
}

/** Prints one figure per line. An object of figures is one line of JSON. */
function show(result: object): void {
  for (const [name, figure] of Object.entries(result)) {
    console.log(`${name.padEnd(16)} ${typeof figure === "object" ? JSON.stringify(figure) : figure}`);
  }
}
