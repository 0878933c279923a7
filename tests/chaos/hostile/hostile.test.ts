import { expect, it } from "vitest";
import { runHostile } from "./run.ts";

const inputs = Number(process.env.HOSTILE_INPUTS ?? 1_000);
/** Fifteen seconds on a machine of its own; six processes, one after the other. */
const TIMEOUT_MS = 900_000;
const seed = Number(process.env.HOSTILE_SEED ?? 1);

it(
  "nothing that strangers send crashes a surface, writes a row, stays in memory or gets into a log",
  async () => {
    const { ok, surfaces, findings } = await runHostile({ seed, inputs });
    expect(findings).toEqual([]);
    expect({ ok, surfaces }).toMatchObject({ ok: true });
    for (const { surface, inputs: thrown } of surfaces) {
      expect(thrown, surface).toBeGreaterThanOrEqual(surface === "database" ? inputs / 5 : inputs);
    }
  },
  TIMEOUT_MS,
);
