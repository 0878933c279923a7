import { join } from "node:path";
import { explain, type Violation } from "../check/violation.ts";
import { runName } from "../kept-runs.ts";
import { readHistory } from "../recorder.ts";
import type { StackSuite } from "../troubles/suites.ts";
import { runSuite, type SuiteResult } from "./run-suite.ts";

export interface StackSummary {
  suite: StackSuite;
  seed: number;
  breakage?: string;
  ok: boolean;
  seconds: number;
  deliveries: number;
  publications: number;
  faults: number;
  clients: { lost: number; duplicated: number; reordered: number };
  raw: { lost: number; duplicated: number; deliveries: number };
  abandoned: number;
  deadLetters: { malformed: number; deliveries: number; pages: number };
  leaked: number;
  /** Of the longest-lived process of each kind. */
  mbPerMinute: Record<string, number>;
  settledSeconds: number;
  violations: number;
  /** Violations by the promise that was not kept. */
  broken: Record<string, number>;
  /** How often each fault hit. */
  byFault: Record<string, number>;
}

export interface StackRun {
  suite: StackSuite;
  seed: number;
  seconds: number;
  /** A mistake in the library to be found. */
  breakage?: string | undefined;
  /** Where the history and the result are kept. */
  directory: string;
}

/** Of what came twice to subscribers that have no offsets to tell by. */
const RAW_DUPLICATES_MAX = 0.01;
/** In a shorter run, one fault that hits a page of a busy machine's slow worker decides the rate. */
const RATED_SECONDS_MIN = 60;

/** Runs a suite and keeps its history and its result; a run that failed is explained. */
export async function runStackSuite(
  { directory, ...options }: StackRun,
  onProgress: (text: string) => void,
): Promise<{ summary: StackSummary; explanation: string[] }> {
  const { suite, seed, breakage } = options;
  const historyPath = join(directory, `${runName({ suite, seed, breakage })}.jsonl`);
  const result = await runSuite({ ...options, historyPath, onProgress });
  result.violations.push(...rawDuplicates(result.raw, options.seconds));
  const summary = summarize(options, result);
  return { summary, explanation: await explainRun(result, { ...options, historyPath }) };
}

function summarize(
  { suite, seed, seconds, breakage }: Omit<StackRun, "directory">,
  { violations, leaks, ...result }: SuiteResult,
): StackSummary {
  const { subscriptions, connections, processes, handles, mbPerMinute } = leaks;
  return {
    suite,
    seed,
    ...(breakage !== undefined && { breakage }),
    ok: violations.length === 0,
    seconds,
    deliveries: result.deliveries,
    publications: result.publications,
    faults: Object.values(result.faults).reduce((sum, count) => sum + count, 0),
    clients: result.clients,
    raw: { lost: result.raw.lost, duplicated: result.raw.duplicated, deliveries: result.raw.deliveries },
    abandoned: result.abandoned,
    deadLetters: result.deadLetters,
    leaked: subscriptions + connections + processes + handles,
    mbPerMinute,
    settledSeconds: result.settledSeconds,
    violations: violations.length,
    broken: countByPromise(violations),
    byFault: result.faults,
  };
}

/** Those that a fault explains may still be too many. `checkRaws` finds the ones that nothing explains, in any run. */
export function rawDuplicates({ duplicated, deliveries }: SuiteResult["raw"], seconds: number): Violation[] {
  if (seconds < RATED_SECONDS_MIN || duplicated <= deliveries * RAW_DUPLICATES_MAX) return [];
  return [{ promise: "raw", found: `${duplicated} of ${deliveries} raw deliveries are duplicates` }];
}

export function countByPromise(violations: readonly Violation[]): Record<string, number> {
  const groups = Map.groupBy(violations, ({ promise }) => promise);
  return Object.fromEntries([...groups].map(([promise, all]) => [promise, all.length]));
}

/** All that was found, and the first of it with its lines. */
async function explainRun(
  { violations }: SuiteResult,
  { suite, seed, seconds, breakage, historyPath }: Omit<StackRun, "directory"> & { historyPath: string },
): Promise<string[]> {
  const [first] = violations;
  if (first === undefined) return [];
  const counts = Object.entries(countByPromise(violations));
  const kinds = counts.map(([kind, count]) => `${count} of ${kind}`).join(", ");
  const again = `npm run chaos -- --suite ${suite} --seed ${seed} --minutes ${seconds / 60}`;
  return [
    `Failed: ${kinds}. Again: ${again}${breakage === undefined ? "" : ` --break ${breakage}`}`,
    ...explain(await readHistory(historyPath), first),
    `History: ${historyPath}`,
  ];
}
