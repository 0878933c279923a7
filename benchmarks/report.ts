import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { duration } from "../tests/support/markdown.ts";
import type { Benchmark, NumberFlag } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { readResults } from "./report/kept-results.ts";
import { PLAN } from "./report/plan.ts";
import { type RanBenchmark, runPlanned, toCheck } from "./report/run-planned.ts";
import { writeReport } from "./report/write-report.ts";
import { textTable } from "./support/text-table.ts";

const KEPT = fileURLToPath(new URL("../reports/bench", import.meta.url));
const DOCS = fileURLToPath(new URL("../docs", import.meta.url));

const zeroOrOne = (value: 0 | 1, help: string): NumberFlag => ({ default: value, min: 0, max: 1, help });

/** Runs all other benchmarks, one after the other, and writes docs/benchmarks.md from their results. */
export const report: Benchmark = {
  name: "report",
  summary: "runs all benchmarks, about 25 minutes in total, and writes docs/benchmarks.md with its charts",
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
    const ran = await runPlanned(wanted, KEPT, given);
    const written = (await writeReport(await readResults(KEPT), DOCS)).map((path) =>
      relative(process.cwd(), path),
    );
    return {
      json: { report: { written } },
      lines: [...renderTable(ran), "written:", ...written.map((path) => `  ${path}`)],
      checks: ran.map(toCheck),
    };
  },
};

function renderTable(ran: readonly RanBenchmark[]): string[] {
  if (ran.length === 0) return [];
  const total = ran.reduce((sum, { kept }) => sum + kept.seconds, 0);
  return [
    ...textTable([
      ["", "rounds", "took"],
      ...ran.map(({ planned, kept }) => [planned.id, String(kept.rounds), duration(kept.seconds)]),
      ["all", "", duration(total)],
    ]),
    "",
  ];
}
