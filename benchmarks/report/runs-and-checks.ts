import { duration, figure, table } from "../../tests/support/markdown.ts";
import { PLAN } from "./plan.ts";
import type { Results } from "./results.ts";

/** Lists the number of rounds of each benchmark, and the checks that must hold on any machine. */
export function runsAndChecks(results: Results): string[] {
  const rows = PLAN.map(({ id }) => {
    const kept = results.kept[id];
    const result = results.find(id);
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
    (results.find(id)?.checks ?? []).filter(({ holds }) => !holds).map(({ what }) => `- \`${id}\`: ${what}`),
  );
  return [
    "## Runs and checks",
    "",
    "Each benchmark also checks what must hold on a slow machine, too: our code loses nothing and delivers nothing twice, and",
    "logs are contiguous. The command fails if a check does not hold. It never fails because of speed.",
    "",
    ...table(["benchmark", "rounds", "took", "checks that hold", "commit", "measured"], rows),
    ...(failed.length > 0 ? ["**These failed:**", "", ...failed, ""] : []),
  ];
}
