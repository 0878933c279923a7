import { codeBlock } from "../../support/markdown.ts";
import { type ChartName, chartsOf } from "./charts.ts";
import { argsOf, commandOf, PLAN, type RunId } from "./plan.ts";
import type { Results } from "./results.ts";

/** A section: what was measured and how, the figures, and how to measure again. */
export function section(
  results: Results,
  {
    title,
    ids,
    text,
    figures,
  }: { title: string; ids: readonly RunId[]; text: readonly string[]; figures: readonly string[] },
): string[] {
  const missing = ids.filter((id) => !results.of(id));
  return [
    `## ${title}`,
    "",
    ...text,
    "",
    ...(missing.length < ids.length ? figures : []),
    ...missing.flatMap((id) => notMeasured(results, id)),
    ...codeBlock(ids.map((id) => commandFor(results, id))),
  ];
}

/** The one that was run; as planned, where none was. */
function commandFor({ kept }: Results, id: RunId): string {
  const planned = PLAN.find((each) => each.id === id);
  return kept[id]?.command ?? (planned ? commandOf(planned.name, argsOf(planned, planned.rounds)) : "");
}

function notMeasured({ kept }: Results, id: RunId): string[] {
  const one = kept[id];
  const why = one && "failed" in one ? one.failed.split("\n")[0] : "it was left out of this run";
  return [`**\`${id}\` was not measured:** ${why}.`, ""];
}

/** A chart, if there is one to see. */
export const image = (results: Results, name: ChartName, alt: string): string[] =>
  chartsOf(results)[name] === undefined ? [] : [`![${alt}](benchmarks/${name}.svg)`, ""];
