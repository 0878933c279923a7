import { expect, it } from "vitest";
import { checkClientProperty } from "./client-property.ts";

const wanted = process.env.CLIENT_PROPERTY_RUNS;
const seed = process.env.CLIENT_PROPERTY_SEED ? Number(process.env.CLIENT_PROPERTY_SEED) : undefined;

/** Returns the number of runs: `usual`, unless the environment sets another number. */
const runsOf = (usual: number): number => Number(wanted ?? usual);

it("delivers each offset once, ascending, also of own publications, or reports one gap that covers exactly the missing offsets", async () => {
  const runs = runsOf(500);
  const result = await checkClientProperty({ runs, seed });
  console.log(JSON.stringify(result));
  // Runs in which nothing happens would pass too
  expect(result.events).toBeGreaterThan(runs);
  expect(result.gaps).toBeGreaterThan(runs / 10);
  expect(result.rotations).toBeGreaterThan(runs / 10);
  expect(result.echoes).toBeGreaterThan(runs);
  expect(result.duplicates).toBeGreaterThan(runs / 10);
});

it("has a state that equals a replay of the log, whatever load returns while events are published", async () => {
  const runs = runsOf(200);
  const result = await checkClientProperty({ runs, seed, about: "load" });
  console.log(JSON.stringify(result));
  expect(result.states).toBeGreaterThan(runs);
  expect(result.afterStates).toBeGreaterThan(runs);
});

it.each(["last", "latest"] as const)(
  "begins with the newest events that the log has, while others are published, with %s",
  async (about) => {
    const runs = runsOf(100);
    const result = await checkClientProperty({ runs, seed, about });
    console.log(JSON.stringify(result));
    expect(result.withLast + result.withLatest).toBeGreaterThan(runs);
  },
);
