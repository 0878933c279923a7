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
  /** The growth of the memory of the longest-lived process of each kind. */
  mbPerMinute: Record<string, number>;
  settledSeconds: number;
  violations: number;
  /** The number of violations of each promise. */
  broken: Record<string, number>;
  /** The number of hits of each fault. */
  byFault: Record<string, number>;
}

export interface StackRun {
  suite: StackSuite;
  seed: number;
  seconds: number;
  /** The name of a deliberate mistake in the library that the suite must find. */
  breakage?: string | undefined;
  /** With how many subscribers at most the producers fan out a topic themselves. 0: never. */
  inlineFanoutMax: number;
  /** The folder of the history and the result. */
  directory: string;
}

/**
 * The largest share of duplicates among the deliveries in the data format. Its subscribers cannot detect duplicates.
 */
const RAW_DUPLICATES_MAX = 0.01;
/** In a shorter run the share is not judged, because a single fault that hits a page could decide it. */
const RATED_SECONDS_MIN = 60;

/** Runs a suite and keeps its history and its result. If the run failed, it returns an explanation too. */
export async function runStackSuite(
  { directory, ...options }: StackRun,
  onProgress: (text: string) => void,
): Promise<{ summary: StackSummary; explanation: string[] }> {
  const historyPath = join(directory, `${runName(options)}.jsonl`);
  const result = await runSuite({ ...options, historyPath, onProgress });
  result.violations.push(...rawDuplicates(result.raw, options.seconds));
  const summary = summarize(options, result);
  return { summary, explanation: await explainRun(result, { ...options, historyPath }) };
}

function summarize(
  { suite, seed, seconds, breakage, inlineFanoutMax }: Omit<StackRun, "directory">,
  { violations, leaks, ...result }: SuiteResult,
): StackSummary {
  const { subscriptions, connections, processes, handles, mbPerMinute } = leaks;
  return {
    suite,
    seed,
    ...(breakage !== undefined && { breakage }),
    ...(inlineFanoutMax > 0 && { inlineFanoutMax }),
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

/**
 * Returns a violation if there are too many duplicates, even if faults explain them. `checkRaws` finds unexplained
 * ones.
 */
export function rawDuplicates({ duplicated, deliveries }: SuiteResult["raw"], seconds: number): Violation[] {
  if (seconds < RATED_SECONDS_MIN || duplicated <= deliveries * RAW_DUPLICATES_MAX) return [];
  return [{ promise: "raw", found: `${duplicated} of ${deliveries} raw deliveries are duplicates` }];
}

export function countByPromise(violations: readonly Violation[]): Record<string, number> {
  const groups = Map.groupBy(violations, ({ promise }) => promise);
  return Object.fromEntries([...groups].map(([promise, all]) => [promise, all.length]));
}

/**
 * Returns the number of violations of each promise, the command that repeats the run, and the first violation's lines.
 */
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
