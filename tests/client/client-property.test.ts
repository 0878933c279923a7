import { expect, it } from "vitest";
import { checkClientProperty } from "./client-property.ts";

const runs = Number(process.env.CLIENT_PROPERTY_RUNS ?? 1_000);
const seed = process.env.CLIENT_PROPERTY_SEED ? Number(process.env.CLIENT_PROPERTY_SEED) : undefined;

it("delivers each offset once, ascending, or reports one gap that covers exactly the missing offsets", async () => {
  const result = await checkClientProperty({ runs, seed });
  console.log(JSON.stringify(result));
  // Runs in which nothing happens would pass too
  expect(result.events).toBeGreaterThan(runs);
  expect(result.gaps).toBeGreaterThan(runs / 10);
  expect(result.rotations).toBeGreaterThan(runs / 10);
});
