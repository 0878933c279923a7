import fc from "fast-check";
import { checkOutcome } from "./simulation/invariants.ts";
import { type Mode, type Scenario, scenariosAbout } from "./simulation/scenario.ts";
import { runScenario } from "./simulation/world.ts";

export interface ClientPropertyResult {
  runs: number;
  seed: number;
  seconds: number;
  /** What happened in the runs: a property that meets no faults proves nothing. */
  events: number;
  gaps: number;
  connections: number;
  rotations: number;
  errors: number;
  /** The calls of `publish`: those that were confirmed, also as duplicates, and those that were rejected. */
  published: number;
  duplicates: number;
  rejected: number;
  /** Own publications that a subscriber got. */
  echoes: number;
  /** States that `load` brought, and events after them. */
  states: number;
  afterStates: number;
  /** Events of subscribers with `last` and with `latest`. */
  withLast: number;
  withLatest: number;
}

/**
 * Every subscriber sees each offset once, ascending, or one gap that covers exactly the missing offsets, whatever fails.
 * A state that was loaded and the events after it are a replay of the log. Publications are in the log once, in the order
 * of the calls. Throws with the seed, the path and the smallest scenario found.
 */
export async function checkClientProperty({
  runs,
  about = "all",
  seed = Date.now() & 0x7fff_ffff,
}: {
  runs: number;
  about?: Mode["mode"];
  seed?: number | undefined;
}): Promise<ClientPropertyResult> {
  const startedAtMs = performance.now();
  const counts = {
    ...{ events: 0, gaps: 0, connections: 0, rotations: 0, errors: 0 },
    ...{ published: 0, duplicates: 0, rejected: 0, echoes: 0 },
    ...{ states: 0, afterStates: 0, withLast: 0, withLatest: 0 },
  };
  const property = fc.asyncProperty(scenariosAbout(about), async (scenario: Scenario) => {
    const outcome = await runScenario(scenario);
    checkOutcome(outcome);
    for (const { items, mode, loaded } of outcome.traces) {
      const gaps = items.filter(({ gap }) => gap).length;
      const events = items.length - gaps;
      counts.gaps += gaps;
      counts.events += events;
      counts.states += loaded.states;
      if (mode.mode === "load") counts.afterStates += events;
      if (mode.mode === "last") counts.withLast += events;
      if (mode.mode === "latest") counts.withLatest += events;
      counts.echoes += items.filter(({ event }) => event?.publicationId.startsWith("own-")).length;
    }
    for (const { published } of outcome.publications) {
      if (!published) counts.rejected++;
      else if (published.duplicate) counts.duplicates++;
      else counts.published++;
    }
    counts.connections += outcome.network.connections.length;
    counts.rotations += outcome.watcher.rotations;
    counts.errors += outcome.errors.length;
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false });
  return { runs, seed, seconds: (performance.now() - startedAtMs) / 1_000, ...counts };
}
