import { databaseTroubles } from "./database.ts";
import { brokenConsumers, gatewayTroubles } from "./gateway.ts";
import { queueTroubles } from "./queue.ts";
import type { Trouble } from "./trouble.ts";
import { workerTroubles } from "./workers.ts";

export const STACK_SUITES = ["gateway", "queue", "database", "workers", "everything"] as const;
export type StackSuite = (typeof STACK_SUITES)[number];

export interface Menu {
  troubles: readonly Trouble[];
  /** The number of faults in a wave. */
  atOnce: number;
  /** Faults that last for the whole run. */
  always: readonly Trouble[];
  /** A rate that two cores can process during the faults. */
  publishesPerSecond: number;
}

const LIGHT = 8;
/** The rate if the suite does not slow down calls. */
const HEAVY = 12;

export const menus: Readonly<Record<StackSuite, Menu>> = {
  gateway: { troubles: gatewayTroubles, atOnce: 4, always: [brokenConsumers], publishesPerSecond: LIGHT },
  queue: { troubles: queueTroubles, atOnce: 3, always: [brokenConsumers], publishesPerSecond: LIGHT },
  database: { troubles: databaseTroubles, atOnce: 2, always: [], publishesPerSecond: LIGHT },
  workers: { troubles: workerTroubles, atOnce: 2, always: [], publishesPerSecond: HEAVY },
  everything: {
    troubles: [...gatewayTroubles, ...queueTroubles, ...databaseTroubles, ...workerTroubles],
    atOnce: 5,
    always: [brokenConsumers],
    publishesPerSecond: LIGHT,
  },
};

export interface Wave {
  /** Times since the beginning of the run. */
  fromMs: number;
  toMs: number;
  troubles: readonly Trouble[];
}

/** Long enough that a run of minutes mostly has faults, short enough that a run of seconds has several storms. */
const STORM_MS = { min: 2_000, max: 7_000 };
const CALM_SHARE = 0.4;
const MIN_WAVES = 3;

/**
 * Plans which faults occur when: storms, with calm in between in which the system can recover. Every fault of the menu
 * occurs once before one occurs again. The same seed makes the same plan.
 */
export function planWaves(
  { troubles, atOnce }: Pick<Menu, "troubles" | "atOnce">,
  durationMs: number,
  random: () => number,
): Wave[] {
  const waveMs = Math.max(STORM_MS.min / (1 - CALM_SHARE), durationMs / MIN_WAVES);
  const stormMs = Math.min(STORM_MS.max, waveMs * (1 - CALM_SHARE));
  const calmMs = (stormMs * CALM_SHARE) / (1 - CALM_SHARE);
  const waves: Wave[] = [];
  let deck: Trouble[] = [];
  for (let fromMs = calmMs / 2; fromMs + stormMs <= durationMs; fromMs += stormMs + calmMs) {
    const chosen: Trouble[] = [];
    while (chosen.length < atOnce) {
      if (deck.length === 0) deck = shuffle(troubles, random);
      const next = deck.pop();
      if (next && !chosen.includes(next)) chosen.push(next);
    }
    waves.push({ fromMs, toMs: fromMs + stormMs, troubles: chosen });
  }
  return waves;
}

function shuffle<Value>(values: readonly Value[], random: () => number): Value[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
