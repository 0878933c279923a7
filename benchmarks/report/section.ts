import { codeBlock } from "../../tests/support/markdown.ts";
import { type ChartName, renderCharts } from "./charts.ts";
import { PLAN, type RunId, toArgs, toCommand } from "./plan.ts";
import type { Results } from "./results.ts";

/** Renders a section: what was measured and how, the figures, and the commands that measure them again. */
export function section(
  results: Results,
  {
    title,
    ids,
    text,
    figures,
  }: { title: string; ids: readonly RunId[]; text: readonly string[]; figures: readonly string[] },
): string[] {
  const missing = ids.filter((id) => !results.find(id));
  return [
    `## ${title}`,
    "",
    ...text,
    "",
    ...(missing.length < ids.length ? figures : []),
    ...missing.flatMap((id) => notMeasured(results, id)),
    ...codeBlock(ids.map((id) => findCommand(results, id))),
  ];
}

/** Returns the command that was run, or the planned command if nothing was run. */
function findCommand({ kept }: Results, id: RunId): string {
  const planned = PLAN.find((each) => each.id === id);
  return kept[id]?.command ?? (planned ? toCommand(planned.name, toArgs(planned, planned.rounds)) : "");
}

function notMeasured({ kept }: Results, id: RunId): string[] {
  const one = kept[id];
  const why = one && "failed" in one ? one.failed.split("\n")[0] : "this run skipped it";
  return [`**\`${id}\` was not measured:** ${why?.replace(/:$/, "")}.`, ""];
}

/** Embeds a chart, if the results have figures for it. */
export const image = (results: Results, name: ChartName, alt: string): string[] =>
  renderCharts(results)[name] === undefined ? [] : [`![${alt}](benchmarks/${name}.svg)`, ""];
