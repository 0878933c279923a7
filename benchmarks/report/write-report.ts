import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChartName, renderCharts } from "./charts.ts";
import { renderDocument } from "./document.ts";
import type { KeptResults } from "./kept-results.ts";
import { resultsFrom } from "./results.ts";

const CHARTS: readonly ChartName[] = ["posts", "fanout-time", "fanout-memory", "throttle"];

/** Writes benchmarks.md and its charts into a folder. Returns the paths of the files that it wrote. */
export async function writeReport(kept: KeptResults, docs: string): Promise<string[]> {
  const results = resultsFrom(kept);
  const charts = renderCharts(results);
  const folder = join(docs, "benchmarks");
  await mkdir(folder, { recursive: true });
  const written = [join(docs, "benchmarks.md")];
  await writeFile(join(docs, "benchmarks.md"), renderDocument(results));
  for (const name of CHARTS) {
    const path = join(folder, `${name}.svg`);
    const chart = charts[name];
    if (chart === undefined) {
      await rm(path, { force: true });
      continue;
    }
    await writeFile(path, chart);
    written.push(path);
  }
  return written;
}
