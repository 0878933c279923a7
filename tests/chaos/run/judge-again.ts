import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { check } from "../check/check.ts";
import { explain } from "../check/violation.ts";
import { type KeptRun, keepAgain } from "../kept-runs.ts";
import { readHistory } from "../recorder.ts";
import { INDEX_LAG_MS } from "../troubles/database.ts";
import { countByPromise, rawDuplicates, type StackSummary } from "./stack-report.ts";

/** Found by looking at the stack, not at the history: taken over as it was. */
const LOOKED_AT = ["settling", "leak", "malformed"];

/**
 * Judges the history of a run by the checker as it is now, and keeps the verdict in the place of the old one: the run
 * itself, its command and its time stay what they were.
 */
export async function judgeAgain(
  directory: string,
  name: string,
): Promise<{ summary: StackSummary; explanation: string[] }> {
  const text = await readFile(join(directory, `${name}.json`), "utf8").catch((cause: unknown) => {
    throw new Error(`No run of the name ${name} is kept in ${directory}`, { cause });
  });
  const kept = JSON.parse(text) as KeptRun<StackSummary>;
  const lines = await readHistory(join(directory, `${name}.jsonl`));
  const { violations, clients, raw, deliveries, publications, abandoned } = check(lines, {
    indexLagMs: INDEX_LAG_MS,
  });
  violations.push(...rawDuplicates(raw, kept.result.seconds));
  const looked = Object.entries(kept.result.broken).filter(([promise]) => LOOKED_AT.includes(promise));
  const broken = { ...Object.fromEntries(looked), ...countByPromise(violations) };
  const count = Object.values(broken).reduce((sum, each) => sum + each, 0);
  const verdict = { ok: count === 0, violations: count, broken };
  const found = { clients, raw, deliveries, publications, abandoned };
  const summary: StackSummary = { ...kept.result, ...found, ...verdict };
  await keepAgain(directory, { ...kept, result: summary });
  const [first] = violations;
  return { summary, explanation: first ? explain(lines, first) : [] };
}
