import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AudienceOrder } from "../audience/main.ts";
import { check, type Verdict } from "../check/check.ts";
import type { Violation } from "../check/violation.ts";
import type { Line } from "../lines.ts";
import { createRecorder, readHistory } from "../recorder.ts";
import { seededRandom } from "../seeded-random.ts";
import { INDEX_LAG_MS } from "../troubles/database.ts";
import { menus, planWaves, type StackSuite } from "../troubles/suites.ts";
import { type Child, startChild } from "./child.ts";
import * as leaksOf from "./leaks.ts";
import { type Producers, startProducers } from "./producers.ts";
import { settle } from "./settle.ts";
import { type StageSet, setStage } from "./stage.ts";
import { survey } from "./survey.ts";
import { sweep } from "./sweep.ts";
import { watchProcesses } from "./watch.ts";

export interface SuiteOptions {
  suite: StackSuite;
  seed: number;
  seconds: number;
  /** A mistake in the library to be found. */
  breakage?: string | undefined;
  /** Where the history is kept. */
  historyPath: string;
  onProgress(text: string): void;
}

export interface SuiteResult extends Verdict {
  faults: Record<string, number>;
  settledSeconds: number;
  deadLetters: { malformed: number; deliveries: number; pages: number };
  leaks: leaksOf.Leaks;
}

const TOPICS = 4;
const PRODUCERS = 2;
/** Over all topics, so that a topic has three pages. */
const AUDIENCE = { clients: 100, raws: 100, passing: 12 };

/** Stack, producers and subscribers through one suite's troubles; then rest, and the history is judged. */
export async function runSuite({
  suite,
  seed,
  seconds,
  breakage,
  historyPath,
  onProgress,
}: SuiteOptions): Promise<SuiteResult> {
  const random = seededRandom(seed);
  const durationMs = seconds * 1_000;
  const topics = Array.from({ length: TOPICS }, (_, index) => `topic-${index}`);
  const recorder = await createRecorder(historyPath);
  const log = await createRecorder(historyPath.replace(/(\.jsonl)?$/, ".log"));
  const handlesBefore = leaksOf.openHandles();
  let producers: Producers | undefined;
  let audience: Child | undefined;
  let set: StageSet | undefined;
  try {
    const killProducer = (pid: number): boolean => producers?.kill(pid) ?? false;
    const env = breakage === undefined ? {} : breaking(breakage);
    set = await setStage({ topics, random, killProducer, env }, { recorder, log });
    const { stack, stage, lookers } = set;
    const { record } = recorder;
    Object.assign(process.env, stack.env);
    onProgress("subscribing");
    const order: AudienceOrder = { url: stack.websocketUrl, seed, topics, durationMs, ...AUDIENCE };
    audience = startChild("../audience/main.ts", order, { env: {}, recorder });
    await audience.next();
    const perProducer = menus[suite].publishesPerSecond / PRODUCERS;
    producers = startProducers(
      PRODUCERS,
      { seed, topics, publishesPerSecond: perProducer },
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

    await storm(set, { suite, durationMs, random, record, onProgress });
    onProgress("settling");
    await Promise.all([producers.stop(), set.redriven()]);
    const settled = await settle(stack, topics, { lookers, audience, record });
    onProgress("looking at what is left");
    const deadLetters = await survey(stack, { lookers, record, whoIs: stage.whoIs });
    audience.send("close");
    await audience.next();
    await audience.exited;
    const connections = await leaksOf.connectionsLeft(stack);
    const subscriptions = await sweep(stack, topics, lookers);
    unwatch();
    const faults = set.hits();
    const missing = set.malformed() - deadLetters.malformed;
    await set.stop();
    await recorder.close();

    onProgress("judging");
    const lines = await readHistory(historyPath);
    const leaks: leaksOf.Leaks = {
      subscriptions,
      connections,
      processes: leaksOf.processesLeft(lines).length,
      handles: await leaksOf.handlesLeft(handlesBefore),
      mbPerMinute: leaksOf.memorySlopes(lines),
    };
    const verdict = check(lines, { indexLagMs: INDEX_LAG_MS });
    const violations = [
      ...verdict.violations,
      ...settled.violations,
      ...malformedViolations(missing),
      ...leaksOf.leakViolations(leaks),
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

/** A repeat of a call whose answer was lost makes more of them; there must never be fewer. */
function malformedViolations(missing: number): Violation[] {
  if (missing <= 0) return [];
  return [{ promise: "malformed", found: `${missing} malformed messages are not in the dead-letter queue` }];
}

/** The environment of a process whose library has a mistake in it. */
const breaking = (breakage: string): Record<string, string> => ({
  CHAOS_BREAKAGE: breakage,
  NODE_OPTIONS: `--import=${fileURLToPath(new URL("../breakage/break-source.ts", import.meta.url))}`,
});

interface Weather {
  suite: StackSuite;
  durationMs: number;
  random(): number;
  record(line: Line): void;
  onProgress(text: string): void;
}

/** Brings on the plan's waves, each at its time, and ends with all faults lifted. */
async function storm(
  { stage }: StageSet,
  { suite, durationMs, random, record, onProgress }: Weather,
): Promise<void> {
  const menu = menus[suite];
  const startedMs = performance.now();
  const until = (ms: number): Promise<void> => sleep(Math.max(0, startedMs + ms - performance.now()));
  const ends = menu.always.map((trouble) => trouble.begin(stage));
  for (const { fromMs, toMs, troubles } of planWaves(menu, durationMs, random)) {
    await until(fromMs);
    onProgress(troubles.map(({ name }) => name).join(", "));
    const waveEnds = troubles.map((trouble) => {
      record({ at: Date.now(), k: "fault", name: trouble.name });
      return trouble.begin(stage);
    });
    await until(toMs);
    for (const end of waveEnds) end();
    record({ at: Date.now(), k: "calm", name: "" });
    onProgress("calm");
  }
  await until(durationMs);
  for (const end of ends) end();
}
