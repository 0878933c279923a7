import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, NumberFlag } from "./benchmark.ts";
import { simulateDay } from "./cost/example.ts";
import { type CostFigures, renderCostPage } from "./cost/page.ts";
import { readResults } from "./report/kept-results.ts";
import { COST_RUNS, PLAN } from "./report/plan.ts";
import { resultsFrom } from "./report/results.ts";
import { runPlanned, toCheck } from "./report/run-planned.ts";

const KEPT = fileURLToPath(new URL("../reports/bench", import.meta.url));
const PAGE = join(fileURLToPath(new URL("../docs", import.meta.url)), "cost.md");

const zeroOrOne = (help: string): NumberFlag => ({ default: 0, min: 0, max: 1, help });

/** Runs the benchmarks of small topics and quiet connections, and writes docs/cost.md with a worked example. */
export const cost: Benchmark = {
  name: "cost",
  summary: "runs small-topic and idle, about 4 minutes in total, and writes docs/cost.md",
  flags: {
    quick: zeroOrOne("1: one round of each, with smaller sizes; writes no page"),
    render: zeroOrOne("1: run nothing, write the page from the results kept in reports/bench"),
  },
  rounds: 1,
  async run(given) {
    const wanted = given.flags.render === 1 ? [] : PLAN.filter(({ id }) => COST_RUNS.includes(id));
    const ran = await runPlanned(wanted, KEPT, given);
    given.progress("a day of the example's client");
    const page = renderCostPage(await readFigures());
    if (given.flags.quick !== 1) await writeFile(PAGE, page);
    return {
      json: { cost: { written: given.flags.quick === 1 ? null : relative(process.cwd(), PAGE) } },
      lines: page.trimEnd().split("\n"),
      checks: ran.map(toCheck),
    };
  },
};

async function readFigures(): Promise<CostFigures> {
  const kept = await readResults(KEPT);
  const results = resultsFrom(kept);
  const measured = results.find("small-topic");
  const smallTopic = measured?.smallTopic;
  const idle = results.find("idle")?.idle;
  if (!measured || !smallTopic || !idle) {
    throw new Error(`there is no result of ${COST_RUNS.join(" or ")} in ${relative(process.cwd(), KEPT)}`);
  }
  const isQuick = COST_RUNS.some((id) => kept[id]?.quick === true);
  return { measured, smallTopic, idle, isQuick, day: await simulateDay() };
}
