/**
 * A topic grows while it is written and read, with the library's own code for DynamoDB: random writers with caches, clocks up
 * to 30 s off, an index that lags by up to a minute, calls that take effect late, and dispatchers that die.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { type GrowthPlan, type GrowthResult, simulateGrowth } from "../../support/simulation/growth-world.ts";

const plans: fc.Arbitrary<GrowthPlan> = fc.record({
  seed: fc.integer(),
  rows: fc.constantFrom(1_000, 2_000),
  writers: fc.integer({ min: 1, max: 4 }),
  dispatches: fc.integer({ min: 1, max: 24 }),
  rowsPerShard: fc.constantFrom(20, 50, 100),
  lookRows: fc.constantFrom(1, 100, 5_000),
  burst: fc.integer({ min: 2, max: 20 }),
  pageMax: fc.constantFrom(5, 100, 1_000),
  pauseMs: fc.constantFrom(0, 1_000, 60_000),
  lateMs: fc.constantFrom(0, 10_000, 130_000),
});

function expectOnce({ missed, twice, errors }: GrowthResult): void {
  expect(errors).toEqual([]);
  expect({ missed, twice }).toEqual({ missed: 0, twice: 0 });
}

it("visits every row once that the index showed before the publication, while the topic grows", async () => {
  let grown = 0;
  const property = fc.asyncProperty(plans, async (plan) => {
    const result = await simulateGrowth(plan);
    if (result.shards > 1) grown += 1;
    expectOnce(result);
  });
  const numRuns = numberOfRuns(60);
  await fc.assert(property, { numRuns });
  // Otherwise the runs would say little
  expect(grown).toBeGreaterThan(numRuns / 2);
});

it("visits every row once of twenty topics that grow to a million rows together", async () => {
  const totals = { written: 0, read: 0, due: 0, shards: 0 };
  const property = fc.asyncProperty(fc.integer(), async (seed) => {
    const plan = { seed, rows: 50_000, writers: 10, dispatches: 2, rowsPerShard: 2_500, lookRows: 5_000 };
    const result = await simulateGrowth({
      ...plan,
      burst: 100,
      pageMax: 10_000,
      pauseMs: 10_000,
      lateMs: 5_000,
    });
    totals.written += result.written;
    totals.read += result.read;
    totals.due += result.due;
    totals.shards += result.shards;
    expectOnce(result);
  });
  await fc.assert(property, { numRuns: 20 });
  console.info(JSON.stringify({ hotTopics: totals }));
});
