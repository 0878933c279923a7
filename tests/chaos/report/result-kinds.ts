import type { ChaosResult, KeptRun } from "../kept-runs.ts";
import type { StackSummary } from "../run/stack-report.ts";
import { STACK_SUITES } from "../troubles/suites.ts";

export type StackResult = ChaosResult & StackSummary;

const ORDER: readonly string[] = STACK_SUITES;

/** Returns the runs of the suites that inject faults into the local stack, sorted by suite and seed, the inline fan-out last. */
export function stackRuns(runs: readonly KeptRun[]): KeptRun<StackResult>[] {
  const ours = runs.filter(({ result }) => ORDER.includes(result.suite)) as KeptRun<StackResult>[];
  return ours.toSorted(
    ({ result: a }, { result: b }) =>
      ORDER.indexOf(b.suite) - ORDER.indexOf(a.suite) ||
      a.seed - b.seed ||
      (a.inlineFanoutMax ?? 0) - (b.inlineFanoutMax ?? 0),
  );
}

export const sum = <Value>(values: readonly Value[], read: (value: Value) => number): number =>
  values.reduce((total, value) => total + read(value), 0);
