import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChartName, chartsOf } from "./charts.ts";
import { documentOf } from "./document.ts";
import type { KeptResults } from "./kept-results.ts";
import { resultsFrom } from "./results.ts";

const CHARTS: readonly ChartName[] = ["posts", "fanout-time", "fanout-memory", "throttle"];

/** Writes benchmarks.md and its charts into a folder; says which files. */
export async function writeReport(kept: KeptResults, docs: string): Promise<string[]> {
  const results = resultsFrom(kept);
  const charts = chartsOf(results);
  const folder = join(docs, "benchmarks");
  await mkdir(folder, { recursive: true });
  const written = [join(docs, "benchmarks.md")];
  await writeFile(join(docs, "benchmarks.md"), documentOf(results));
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
