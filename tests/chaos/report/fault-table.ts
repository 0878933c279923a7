import { figure, table } from "../../support/markdown.ts";
import type { KeptRun } from "../kept-runs.ts";
import { type StackResult, sum } from "./result-kinds.ts";

/** Lists how often each fault hit something, over all runs. */
export function faultTable(runs: readonly KeptRun<StackResult>[]): string[] {
  const names = [...new Set(runs.flatMap(({ result }) => Object.keys(result.byFault)))].sort();
  const rows = names.map((name) => {
    const hit = runs.filter(({ result }) => result.byFault[name] !== undefined);
    const suites = [...new Set(hit.map(({ result }) => result.suite))].sort();
    return [name, suites.join(", "), figure(sum(hit, ({ result }) => result.byFault[name] ?? 0))];
  });
  return [
    "## Injected faults",
    "",
    "This table counts how often each fault hit a call, a post, a message, a connection or a process, in all runs together. A",
    "worker _killed at a step_ was killed at that call: before the call, or after the call but before its response.",
    "",
    ...table(["fault", "suites", "hits"], rows, 2),
  ];
}
