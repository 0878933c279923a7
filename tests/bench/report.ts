import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { duration } from "../support/markdown.ts";
import type { Benchmark, BenchmarkRun, NumberFlag } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { forgetResult, type KeptResult, keepResult, readResults } from "./report/kept-results.ts";
import { argsOf, PLAN, type PlannedRun } from "./report/plan.ts";
import { runBenchmark } from "./report/run-benchmark.ts";
import { writeReport } from "./report/write-report.ts";
import { textTable } from "./support/text-table.ts";

const KEPT = fileURLToPath(new URL("../../reports/bench", import.meta.url));
const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));
const TELL_MS = 1_000;

const oneOrNone = (value: 0 | 1, help: string): NumberFlag => ({ default: value, min: 0, max: 1, help });

/** All of the others, one after the other, and docs/benchmarks.md from what they say. */
export const report: Benchmark = {
  name: "report",
  summary: "runs the others, about 20 minutes in all, and writes docs/benchmarks.md with its charts",
  flags: {
    quick: oneOrNone(0, "1: a round of each, of the smaller sizes, to see that everything works"),
    render: oneOrNone(0, "1: runs nothing, writes the document from the results kept in reports/bench"),
    ...Object.fromEntries(
      Object.keys(BENCHMARKS).map((name) => [name, oneOrNone(1, "0: not run, what is kept of it stays")]),
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
      lines: [...tableOf(ran), "written:", ...written.map((path) => `  ${path}`)],
      checks: ran.map(([{ id }, kept]) => ({
        what: `${id} has a result, and all its checks hold`,
        holds: "result" in kept && kept.result.checks.every(({ holds }) => holds),
      })),
    };
  },
};

/** `--rounds` multiplies the rounds that the plan has for each. */
async function measure(planned: PlannedRun, place: string, given: BenchmarkRun): Promise<KeptResult> {
  const quick = given.flags.quick === 1;
  const rounds = quick ? 1 : given.rounds * planned.rounds;
  const beganMs = performance.now();
  const seconds = (): number => (performance.now() - beganMs) / 1_000;
  const tell = (): void => given.progress(`${place}: ${planned.id}, ${duration(seconds())}`);
  tell();
  const telling = setInterval(tell, TELL_MS);
  try {
    const ran = await runBenchmark(planned.name, argsOf(planned, rounds));
    return { ...ran, rounds, seconds: seconds(), quick };
  } finally {
    clearInterval(telling);
  }
}

function tableOf(ran: readonly [PlannedRun, KeptResult][]): string[] {
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
