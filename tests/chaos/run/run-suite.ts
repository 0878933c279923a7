import type { AudienceOrder } from "../audience/main.ts";
import { toBreakageEnv } from "../breakage/breakage-env.ts";
import { check, type Verdict } from "../check/check.ts";
import type { Violation } from "../check/violation.ts";
import { createRecorder, readHistory } from "../recorder.ts";
import { seededRandom } from "../seeded-random.ts";
import { INDEX_LAG_MS } from "../troubles/database.ts";
import { menus, type StackSuite } from "../troubles/suites.ts";
import { type Child, startChild } from "./child.ts";
import {
  computeMemorySlopes,
  countHandles,
  countNewHandles,
  countOpenConnections,
  findLiveProcesses,
  type Leaks,
  toLeakViolations,
} from "./leaks.ts";
import { type Producers, startProducers } from "./producers.ts";
import { settle } from "./settle.ts";
import { type StageSet, setStage } from "./stage.ts";
import { survey } from "./survey.ts";
import { sweep } from "./sweep.ts";
import { watchProcesses } from "./watch.ts";
import { runWaves } from "./waves.ts";

export interface SuiteOptions {
  suite: StackSuite;
  seed: number;
  seconds: number;
  /** The name of a deliberate mistake in the library that the suite must find. */
  breakage?: string | undefined;
  /** With how many subscribers at most the producers fan out a topic themselves. 0: never. */
  inlineFanoutMax: number;
  /** The path of the history. */
  historyPath: string;
  onProgress(text: string): void;
}

export interface SuiteResult extends Verdict {
  faults: Record<string, number>;
  settledSeconds: number;
  deadLetters: { malformed: number; deliveries: number; pages: number };
  leaks: Leaks;
}

const TOPICS = 4;
const PRODUCERS = 2;
/** Counts over all large topics. Such a topic then has three pages. */
const AUDIENCE = { clients: 100, raws: 100, passing: 12 };
/** Topics of one part: two that need no claim, because only clients subscribe to them, and one that does. */
const SMALL = [
  { topic: "small-0", clients: 1, raws: 0 },
  { topic: "small-1", clients: 8, raws: 0 },
  { topic: "small-2", clients: 4, raws: 4 },
];

/**
 * Runs stack, producers and subscribers while the suite's faults come and go. Then it waits until the system has
 * settled, and judges the history.
 */
export async function runSuite({
  suite,
  seed,
  seconds,
  breakage,
  inlineFanoutMax,
  historyPath,
  onProgress,
}: SuiteOptions): Promise<SuiteResult> {
  const random = seededRandom(seed);
  const durationMs = seconds * 1_000;
  const large = Array.from({ length: TOPICS }, (_, index) => `topic-${index}`);
  const topics = [...large, ...SMALL.map(({ topic }) => topic)];
  const recorder = await createRecorder(historyPath);
  const log = await createRecorder(historyPath.replace(/(\.jsonl)?$/, ".log"));
  const handlesBefore = countHandles();
  let producers: Producers | undefined;
  let audience: Child | undefined;
  let set: StageSet | undefined;
  try {
    const killProducer = (pid: number): boolean => producers?.kill(pid) ?? false;
    const env = toBreakageEnv(breakage);
    set = await setStage({ topics, random, killProducer, env }, { recorder, log });
    const { stack, stage, awsClients } = set;
    const { record } = recorder;
    Object.assign(process.env, stack.env);
    onProgress("subscribing");
    const audienceOf = { topics: large, small: SMALL, ...AUDIENCE };
    const order: AudienceOrder = { url: stack.websocketUrl, seed, durationMs, ...audienceOf };
    audience = startChild("../audience/main.ts", order, { env: {}, recorder });
    await audience.next();
    const perProducer = menus[suite].publishesPerSecond / PRODUCERS;
    producers = startProducers(
      PRODUCERS,
      { seed, topics, publishesPerSecond: perProducer, inlineFanoutMax },
      { env: { ...stack.env, ...env }, recorder },
    );
    const own = { audience, producers };
    const unwatch = watchProcesses(
      stack,
      () => [
        { caller: "audience", pid: own.audience.pid },
        ...own.producers.pids().map((pid) => ({ caller: "producer", pid })),
      ],
      record,
    );

    await runWaves(set, { menu: menus[suite], durationMs, random, record, onProgress });
    onProgress("settling");
    await Promise.all([producers.stop(), set.redriven()]);
    const settled = await settle(stack, topics, { awsClients, audience, record });
    onProgress("inspecting the final state");
    const deadLetters = await survey(stack, { awsClients, record, whoIs: stage.whoIs });
    audience.send("close");
    await audience.next();
    await audience.exited;
    const connections = await countOpenConnections(stack);
    const subscriptions = await sweep(stack, topics, awsClients);
    unwatch();
    const faults = set.hits();
    const missing = set.malformed() - deadLetters.malformed;
    await set.stop();
    await recorder.close();

    onProgress("judging");
    const lines = await readHistory(historyPath);
    const leaks: Leaks = {
      subscriptions,
      connections,
      processes: findLiveProcesses(lines).length,
      handles: await countNewHandles(handlesBefore),
      mbPerMinute: computeMemorySlopes(lines),
    };
    const verdict = check(lines, { indexLagMs: INDEX_LAG_MS });
    const violations = [
      ...verdict.violations,
      ...settled.violations,
      ...toMalformedViolations(missing),
      ...toLeakViolations(leaks),
    ];
    return { ...verdict, violations, faults, settledSeconds: settled.seconds, deadLetters, leaks };
  } finally {
    await producers?.stop();
    audience?.kill();
    await set?.stop();
    await recorder.close();
    await log.close();
  }
}

/** A retry after a lost response adds more of these messages. But there must never be fewer. */
function toMalformedViolations(missing: number): Violation[] {
  if (missing <= 0) return [];
  return [{ promise: "malformed", found: `${missing} malformed messages are not in the dead-letter queue` }];
}
