import { table } from "../../support/markdown.ts";
import { breakageNamed } from "../breakage/breakages.ts";
import type { KeptRun } from "../kept-runs.ts";
import type { StackResult } from "./result-kinds.ts";

/** Lists what the suites found in builds with a mistake. */
export function breakageTable(runs: readonly KeptRun<StackResult>[]): string[] {
  const rows = runs.map(({ result }) => [
    breakageNamed(result.breakage ?? "")?.what ?? "",
    `\`--suite ${result.suite} --seed ${result.seed} --minutes ${result.seconds / 60} --break ${result.breakage}\``,
    result.ok
      ? "**no**"
      : Object.entries(result.broken)
          .map(([promise, count]) => `${count} of ${promise}`)
          .join(", "),
  ]);
  return [
    "## Does the harness find mistakes?",
    "",
    "A harness that finds nothing could be unable to find anything. The same suites were therefore run on builds with a",
    "deliberate mistake. The last column counts the violations by broken promise.",
    "",
    ...table(["mistake", "`npm run chaos --`", "found"], rows, 3),
  ];
}
