import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { duration } from "../tests/support/markdown.ts";
import type { Benchmark, BenchmarkRun, NumberFlag } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { forgetResult, type KeptResult, keepResult, readResults } from "./report/kept-results.ts";
import { PLAN, type PlannedRun, toArgs } from "./report/plan.ts";
import { runBenchmark } from "./report/run-benchmark.ts";
import { writeReport } from "./report/write-report.ts";
import { textTable } from "./support/text-table.ts";

const KEPT = fileURLToPath(new URL("../reports/bench", import.meta.url));
const DOCS = fileURLToPath(new URL("../docs", import.meta.url));
const PROGRESS_MS = 1_000;

const zeroOrOne = (value: 0 | 1, help: string): NumberFlag => ({ default: value, min: 0, max: 1, help });

/** Runs all other benchmarks, one after the other, and writes docs/benchmarks.md from their results. */
export const report: Benchmark = {
  name: "report",
  summary: "runs all benchmarks, about 20 minutes in total, and writes docs/benchmarks.md with its charts",
  flags: {
    quick: zeroOrOne(0, "1: one round of each benchmark, with smaller sizes, to check that everything works"),
    render: zeroOrOne(0, "1: run nothing, write the document from the results kept in reports/bench"),
    ...Object.fromEntries(
      Object.keys(BENCHMARKS).map((name) => [
        name,
        zeroOrOne(1, "0: skip this benchmark and keep its last result"),
      ]),
    ),
  },
  rounds: 1,
  async run(given) {
    const wanted = given.flags.render === 1 ? [] : PLAN.filter(({ name }) => given.flags[name] === 1);
    const ran: [PlannedRun, KeptResult][] = [];
    for (const planned of wanted) {
      await forgetResult(KEPT, planned.id);
      const args = given.flags.quick === 1 ? planned.quickArgs : planned.args;
      if (!args) continue;
      const place = `${wanted.indexOf(planned) + 1} of ${wanted.length}`;
      const kept = await measure({ ...planned, args }, place, given);
      await keepResult(KEPT, planned.id, kept);
      ran.push([planned, kept]);
    }
    const written = (await writeReport(await readResults(KEPT), DOCS)).map((path) =>
      relative(process.cwd(), path),
    );
    return {
      json: { report: { written } },
      lines: [...renderTable(ran), "written:", ...written.map((path) => `  ${path}`)],
      checks: ran.map(([{ id }, kept]) => ({
        what: `${id} has a result and all its checks hold`,
        holds: "result" in kept && kept.result.checks.every(({ holds }) => holds),
      })),
    };
  },
};

/** Runs one planned benchmark. `--rounds` multiplies the number of rounds in the plan. */
async function measure(planned: PlannedRun, place: string, given: BenchmarkRun): Promise<KeptResult> {
  const quick = given.flags.quick === 1;
  const rounds = quick ? 1 : given.rounds * planned.rounds;
  const beganMs = performance.now();
  const seconds = (): number => (performance.now() - beganMs) / 1_000;
  const showProgress = (): void => given.progress(`${place}: ${planned.id}, ${duration(seconds())}`);
  showProgress();
  const timer = setInterval(showProgress, PROGRESS_MS);
  try {
    const ran = await runBenchmark(planned.name, toArgs(planned, rounds));
    return { ...ran, rounds, seconds: seconds(), quick };
  } finally {
    clearInterval(timer);
  }
}

function renderTable(ran: readonly [PlannedRun, KeptResult][]): string[] {
  if (ran.length === 0) return [];
  const total = ran.reduce((sum, [, { seconds }]) => sum + seconds, 0);
  return [
    ...textTable([
      ["", "rounds", "took"],
      ...ran.map(([{ id }, { rounds, seconds }]) => [id, String(rounds), duration(seconds)]),
      ["all", "", duration(total)],
    ]),
    "",
  ];
}
