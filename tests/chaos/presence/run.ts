import { fileURLToPath } from "node:url";
import { toBreakageEnv } from "../breakage/breakage-env.ts";
import type { ChaosResult } from "../kept-runs.ts";
import { createRecorder, type Recorder } from "../recorder.ts";
import { LONG, type StageSet, setStage } from "../run/stage.ts";
import { runWaves } from "../run/waves.ts";
import { seededRandom } from "../seeded-random.ts";
import { menuOf, presenceMenu } from "./faults.ts";
import { type Phases, watchConvergence } from "./phases.ts";
import { createRooms, moveAbout } from "./rooms.ts";
import { runStorm, type Storm } from "./storm.ts";
import { WAYS } from "./tab.ts";
import { createTally, type Tally } from "./tally.ts";

export interface PresenceOptions {
  seed: number;
  seconds: number;
  /** The name of a deliberate mistake in the library that the suite must find. */
  breakage?: string | undefined;
  historyPath: string;
  /** The names of the faults, which then all occur at once. Default: those of the suite, some at a time. */
  only?: readonly string[] | undefined;
  /** A DynamoDB Local that runs already. */
  dynamodbEndpoint?: string | undefined;
  onProgress(text: string): void;
}

export interface PresenceResult extends ChaosResult {
  suite: "presence";
  seconds: number;
  /** Pages that were opened. */
  members: number;
  joins: number;
  leaves: number;
  reloads: number;
  /** Pages that went without a `$disconnect`, or without a close frame. */
  vanished: number;
  /** Workers that were killed. */
  kills: number;
  ticks: number;
  posts: number;
  faults: number;
  /** How long after the last change every open page showed the true set. */
  convergedSeconds: Phases["seconds"];
  storm?: Storm;
  mismatches: number;
  /** The number of hits of each fault. */
  byFault: Record<string, number>;
}

const ROOMS = ["room-0", "room-1", "room-2"] as const;
/**
 * A shorter run only waits until the open pages show who is there. A longer one also measures how long that took, has the
 * lost connections found, for which they must be 30 s old, and ends with the storm.
 */
const LONG_SECONDS = 60;
const websocket = fileURLToPath(new URL("../functions/members.ts", import.meta.url));

/** Lets users come and go while the parts fail, and then waits until every open page shows who is really there. */
export async function runPresence(
  options: PresenceOptions,
): Promise<{ result: PresenceResult; mismatches: string[] }> {
  const { historyPath } = options;
  const recorder = await createRecorder(historyPath);
  const log = await createRecorder(historyPath.replace(/(\.jsonl)?$/, ".log"));
  const tally = createTally();
  /** Does something on a stack of its own. */
  async function onStage<Result>(
    times: Parameters<typeof setStage>[0]["times"],
    act: (set: StageSet) => Promise<Result>,
  ): Promise<Result> {
    const set = await setStage(
      {
        topics: ROOMS,
        random: seededRandom(options.seed),
        env: toBreakageEnv(options.breakage),
        websocket,
        dynamodbEndpoint: options.dynamodbEndpoint,
        ...(times && { times }),
        onPost: tally.onPost,
      },
      { recorder, log },
    );
    tally.watch(set.stack);
    return act(set).finally(set.stop);
  }
  try {
    const found = await onStage(undefined, (set) => run(set, options, { recorder, tally }));
    if (options.seconds < LONG_SECONDS) return found;
    const { storm, mismatches: more } = await onStage(LONG, (set) =>
      runStorm(set, { tally, record: recorder.record, onProgress: options.onProgress }),
    );
    const mismatches = [...found.mismatches, ...more];
    const verdict = { ok: mismatches.length === 0, mismatches: mismatches.length };
    return { result: { ...found.result, storm, ...verdict }, mismatches };
  } finally {
    await recorder.close();
    await log.close();
  }
}

async function run(
  set: StageSet,
  { seed, seconds, breakage, only, onProgress }: PresenceOptions,
  { recorder, tally }: { recorder: Recorder; tally: Tally },
): Promise<{ result: PresenceResult; mismatches: string[] }> {
  const { record } = recorder;
  const { random } = set.stage;
  const isLong = seconds >= LONG_SECONDS;
  const rooms = createRooms(set, record);
  onProgress("joining");
  // One page stays in each room, so that somebody sees who is there. A guest leaves the first room when all is calm
  const hosts = ROOMS.map((room) => rooms.open(room, "host"));
  const guest = rooms.open(ROOMS[0], "guest");
  const staying = new Set([...hosts, guest]);
  await Promise.all([...staying].map(({ ready }) => ready));

  const durationMs = seconds * 1_000;
  // The gateway takes ten seconds until it closes a silent connection
  const ways = isLong ? WAYS : WAYS.filter((way) => way !== "silence");
  await Promise.all([
    runWaves(set, { menu: only ? menuOf(only) : presenceMenu, durationMs, random, record, onProgress }),
    moveAbout(rooms, { names: ROOMS, ways, staying, random, untilMs: Date.now() + durationMs }),
  ]);
  const closed = { tab: guest, atMs: Date.now() };
  rooms.end(guest, "close");
  const phases = await watchConvergence(set, rooms, {
    names: ROOMS,
    closed,
    tally,
    isLong,
    record,
    onProgress,
  });
  const { joins, leaves, reloads, vanished } = rooms.moves;
  const moves = { members: joins, joins: joins - reloads, leaves: leaves - reloads, reloads, vanished };
  const { ticks, posts } = tally;
  rooms.close();
  const byFault = set.hits();
  const { mismatches } = phases;
  const sum = (names: string[]): number => names.reduce((total, name) => total + (byFault[name] ?? 0), 0);
  const result: PresenceResult = {
    suite: "presence",
    seed,
    ...(breakage !== undefined && { breakage }),
    ok: mismatches.length === 0,
    seconds,
    ...moves,
    kills: sum(Object.keys(byFault).filter((name) => name.includes("killed"))),
    ticks,
    posts,
    faults: sum(Object.keys(byFault)),
    convergedSeconds: phases.seconds,
    mismatches: mismatches.length,
    byFault,
  };
  return { result, mismatches };
}
