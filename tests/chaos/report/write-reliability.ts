import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readRuns } from "../kept-runs.ts";
import { reliability } from "./reliability.ts";

const DOCUMENT = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));

/** Writes the document from the kept results. Returns a summary of what it wrote. */
export async function writeReliability(reports: string): Promise<string> {
  const runs = await readRuns(reports);
  if (runs.length === 0) throw new Error(`No results in ${reports}. Run npm run chaos -- --suite NAME first`);
  await writeFile(DOCUMENT, reliability(runs));
  return `docs/reliability.md, from ${runs.length} runs`;
}
