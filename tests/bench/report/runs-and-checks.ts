import { duration, figure, table } from "../../support/markdown.ts";
import { PLAN } from "./plan.ts";
import type { Results } from "./results.ts";

/** How often each was measured, and what has to be true on any machine. */
export function runsAndChecks(results: Results): string[] {
  const rows = PLAN.map(({ id }) => {
    const kept = results.kept[id];
    const result = results.of(id);
    if (!kept || !result) return [`\`${id}\``, "not measured"];
    const holding = result.checks.filter(({ holds }) => holds).length;
    return [
      `\`${id}\``,
      figure(kept.rounds),
      duration(kept.seconds),
      `${figure(holding)} of ${figure(result.checks.length)}`,
      result.commit ?? "",
      `${result.at.slice(0, 16).replace("T", " ")} UTC`,
    ];
  });
  const failed = PLAN.flatMap(({ id }) =>
    (results.of(id)?.checks ?? []).filter(({ holds }) => !holds).map(({ what }) => `- \`${id}\`: ${what}`),
  );
  return [
    "## Runs and checks",
    "",
    "Each benchmark also checks what has to be true however slow the machine: nothing of ours lost, nothing twice, logs",
    "contiguous. One that does not hold makes the command fail; speed never does.",
    "",
    ...table(["benchmark", "rounds", "took", "checks that hold", "commit", "measured"], rows),
    ...(failed.length > 0 ? ["**These failed:**", "", ...failed, ""] : []),
  ];
}
