import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";
import { menus, planWaves, STACK_SUITES } from "./troubles/suites.ts";

describe.each(STACK_SUITES)("the plan of %s", (suite) => {
  const menu = menus[suite];
  const plan = (seed: number, durationMs: number) => planWaves(menu, durationMs, seededRandom(seed));

  it("is the same for the same seed and differs between seeds", () => {
    const names = (seed: number): string =>
      JSON.stringify(plan(seed, 60_000).map(({ troubles }) => troubles.map(({ name }) => name)));
    expect(names(1)).toBe(names(1));
    expect(new Set([1, 2, 3, 4, 5].map(names)).size).toBeGreaterThan(1);
  });

  it("has calm between storms, ends in time, and never has the same fault twice at a time", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 6_000, max: 600_000 }), (seed, durationMs) => {
        const waves = plan(seed, durationMs);
        expect(waves.length).toBeGreaterThan(0);
        for (const [index, { fromMs, toMs, troubles }] of waves.entries()) {
          expect(fromMs).toBeGreaterThan(waves[index - 1]?.toMs ?? 0);
          expect(toMs).toBeGreaterThan(fromMs);
          expect(toMs).toBeLessThanOrEqual(durationMs);
          expect(new Set(troubles).size).toBe(menu.atOnce);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("contains every fault of the menu within ten minutes", () => {
    const planned = new Set(plan(1, 600_000).flatMap(({ troubles }) => troubles));
    expect(planned).toEqual(new Set(menu.troubles));
  });
});
