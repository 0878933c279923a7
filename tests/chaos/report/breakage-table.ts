import { table } from "../../support/markdown.ts";
import { breakageNamed } from "../breakage/breakages.ts";
import type { KeptRun } from "../kept-runs.ts";
import type { StackResult } from "./result-kinds.ts";

/** What the suites say of builds with a mistake in them. */
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
    "## Would it notice?",
    "",
    "A harness that finds nothing may be blind. So the same suites were run on builds with a mistake in them; the",
    "figures are what they then found, by the promise that was broken.",
    "",
    ...table(["mistake", "`npm run chaos --`", "found"], rows, 3),
  ];
}
