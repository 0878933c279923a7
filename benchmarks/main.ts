import type { Benchmark, BenchmarkResult } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { type BenchOptions, benchmarkUsage, parseName, parseOptions, UsageError, usage } from "./options.ts";
import { currentCommit, thisMachine } from "./support/machine.ts";

const LOADERS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  ...BENCHMARKS,
  report: async () => (await import("./report.ts")).report,
  cost: async () => (await import("./cost.ts")).cost,
  inspector: async () => (await import("./inspector.ts")).inspector,
  simulate: async () => (await import("./simulate.ts")).simulate,
};

const [first, ...rest] = process.argv.slice(2);
try {
  await main(first, rest);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  const of = first !== undefined && Object.hasOwn(LOADERS, first) ? ` ${first}` : "";
  console.error(`${error.message}\n\nSee npm run bench --${of} --help`);
  process.exitCode = 2;
}

async function main(name: string | undefined, args: readonly string[]): Promise<void> {
  const parsed = parseName(name, Object.keys(LOADERS));
  const load = LOADERS[parsed];
  if (!load) {
    console.log(usage(await Promise.all(Object.values(LOADERS).map((each) => each()))));
    return;
  }
  const benchmark = await load();
  const options = parseOptions(benchmark, args);
  if (options === "help") console.log(benchmarkUsage(benchmark));
  else await measure(benchmark, options);
}

async function measure(benchmark: Benchmark, { json, ...given }: BenchOptions): Promise<void> {
  const head = {
    benchmark: benchmark.name,
    machine: thisMachine(),
    at: new Date().toISOString(),
    commit: currentCommit(),
  };
  const { cpu, cores, node } = head.machine;
  const at = `${head.at}${head.commit ? `, commit ${head.commit}` : ""}`;
  console.log(`${benchmark.name}: ${benchmark.summary}\n${cpu}, ${cores} cores, Node ${node}, ${at}\n`);
  const result = await benchmark.run({ ...given, progress: showProgress }).finally(() => showProgress(""));
  print(result);
  if (json) console.log(JSON.stringify({ ...head, ...result.json, checks: result.checks }));
  if (result.checks.some(({ holds }) => !holds)) process.exitCode = 1;
}

function print({ lines, checks }: BenchmarkResult): void {
  for (const line of lines) console.log(line);
  if (checks.length === 0) return;
  const failed = checks.filter(({ holds }) => !holds);
  console.log(`\n${checks.length - failed.length} of ${checks.length} checks hold`);
  for (const { what } of failed) console.log(`FAILED: ${what}`);
}

/** Overwrites one line on a terminal. Writes nothing to a pipe. */
function showProgress(doing: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${doing}`);
}
