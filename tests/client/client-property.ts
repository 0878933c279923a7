import fc from "fast-check";
import { checkOutcome } from "./simulation/invariants.ts";
import { type Scenario, scenarios } from "./simulation/scenario.ts";
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
}

/**
 * Every subscriber sees each offset once, ascending, or one gap that covers exactly the missing offsets,
 * whatever fails. Throws with the seed, the path and the smallest scenario found.
 */
export async function checkClientProperty({
  runs,
  seed = Date.now() & 0x7fff_ffff,
}: {
  runs: number;
  seed?: number | undefined;
}): Promise<ClientPropertyResult> {
  const startedAtMs = performance.now();
  const counts = { events: 0, gaps: 0, connections: 0, rotations: 0, errors: 0 };
  const property = fc.asyncProperty(scenarios, async (scenario: Scenario) => {
    const outcome = await runScenario(scenario);
    checkOutcome(outcome);
    for (const { items } of outcome.traces) {
      const gaps = items.filter(({ gap }) => gap).length;
      counts.gaps += gaps;
      counts.events += items.length - gaps;
    }
    counts.connections += outcome.network.connections.length;
    counts.rotations += outcome.watcher.rotations;
    counts.errors += outcome.errors.length;
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false });
  return { runs, seed, seconds: (performance.now() - startedAtMs) / 1_000, ...counts };
}
