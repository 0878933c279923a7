import { table } from "../../support/markdown.ts";
import { introduction } from "./introduction.ts";
import { misreadings } from "./misreadings.ts";
import type { Results } from "./results.ts";
import { runsAndChecks } from "./runs-and-checks.ts";
import { coalesceSection } from "./sections/coalesce.ts";
import { coldStartSection } from "./sections/cold-start.ts";
import { costSection } from "./sections/cost.ts";
import { fanoutSection } from "./sections/fanout.ts";
import { hotTopicSection } from "./sections/hot-topic.ts";
import { latencySection } from "./sections/latency.ts";
import { postsSection } from "./sections/posts.ts";
import { throttleSection } from "./sections/throttle.ts";
import { targetRows } from "./targets.ts";

/** docs/benchmarks.md, from nothing but the results that were kept. */
export function documentOf(results: Results): string {
  const lines = [
    "# Benchmarks",
    "",
    "<!-- Written by `npm run bench -- report`; `-- report --render 1` writes it anew from the results that were kept. -->",
    "",
    ...introduction(results),
    "## Targets",
    "",
    "What the project wants of its own figures. The verdicts are computed from the results below.",
    "",
    ...table(["target", "wanted", "measured", "verdict"], targetRows(results)),
    ...postsSection(results),
    ...fanoutSection(results),
    ...costSection(results),
    ...throttleSection(results),
    ...hotTopicSection(results),
    ...coalesceSection(results),
    ...latencySection(results),
    ...coldStartSection(results),
    ...misreadings(),
    ...runsAndChecks(results),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
