import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { check } from "../check/check.ts";
import { explain } from "../check/violation.ts";
import { type KeptRun, keepAgain } from "../kept-runs.ts";
import { readHistory } from "../recorder.ts";
import { INDEX_LAG_MS } from "../troubles/database.ts";
import { STACK_SUITES } from "../troubles/suites.ts";
import { countByPromise, rawDuplicates, type StackSummary } from "./stack-report.ts";

/** These promises were checked on the running stack. The history cannot repeat the checks, so their counts are kept. */
const NOT_IN_HISTORY = ["settling", "leak", "malformed"];

/**
 * Judges the history of a kept run with the present checker, and replaces the kept verdict. The run's command and time
 * do not change.
 */
export async function judgeAgain(
  directory: string,
  name: string,
): Promise<{ summary: StackSummary; explanation: string[] }> {
  const text = await readFile(join(directory, `${name}.json`), "utf8").catch((cause: unknown) => {
    throw new Error(`No run named ${name} is kept in ${directory}`, { cause });
  });
  const kept = JSON.parse(text) as KeptRun<StackSummary>;
  const { suite } = kept.result;
  if (!STACK_SUITES.includes(suite)) throw new Error(`The suite ${suite} is judged only while it runs`);
  const lines = await readHistory(join(directory, `${name}.jsonl`));
  const { violations, clients, raw, deliveries, publications, abandoned } = check(lines, {
    indexLagMs: INDEX_LAG_MS,
  });
  violations.push(...rawDuplicates(raw, kept.result.seconds));
  const unchanged = Object.entries(kept.result.broken).filter(([promise]) =>
    NOT_IN_HISTORY.includes(promise),
  );
  const broken = { ...Object.fromEntries(unchanged), ...countByPromise(violations) };
  const count = Object.values(broken).reduce((sum, each) => sum + each, 0);
  const verdict = { ok: count === 0, violations: count, broken };
  const found = { clients, raw, deliveries, publications, abandoned };
  const summary: StackSummary = { ...kept.result, ...found, ...verdict };
  await keepAgain(directory, { ...kept, result: summary });
  const [first] = violations;
  return { summary, explanation: first ? explain(lines, first) : [] };
}
