import { duration } from "../../tests/support/markdown.ts";
import type { BenchmarkRun, Check } from "../benchmark.ts";
import { forgetResult, type KeptResult, keepResult } from "./kept-results.ts";
import { type PlannedRun, toArgs } from "./plan.ts";
import { runBenchmark } from "./run-benchmark.ts";

export interface RanBenchmark {
  planned: PlannedRun;
  kept: KeptResult;
}

const PROGRESS_MS = 1_000;

/** Runs the benchmarks one after the other, and keeps their results in the folder. */
export async function runPlanned(
  wanted: readonly PlannedRun[],
  folder: string,
  given: BenchmarkRun,
): Promise<RanBenchmark[]> {
  const ran: RanBenchmark[] = [];
  for (const planned of wanted) {
    await forgetResult(folder, planned.id);
    const args = given.flags.quick === 1 ? planned.quickArgs : planned.args;
    if (!args) continue;
    const place = `${wanted.indexOf(planned) + 1} of ${wanted.length}`;
    const kept = await measure({ ...planned, args }, place, given);
    await keepResult(folder, planned.id, kept);
    ran.push({ planned, kept });
  }
  return ran;
}

export const toCheck = ({ planned: { id }, kept }: RanBenchmark): Check => ({
  what: `${id} has a result and all its checks hold`,
  holds: "result" in kept && kept.result.checks.every(({ holds }) => holds),
});

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
