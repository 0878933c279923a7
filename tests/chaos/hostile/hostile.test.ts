import { expect, it } from "vitest";
import { runHostile } from "./run.ts";

const inputs = Number(process.env.HOSTILE_INPUTS ?? 1_000);
/** Six processes run one after the other. They take fifteen seconds on an idle machine. */
const TIMEOUT_MS = 900_000;
const seed = Number(process.env.HOSTILE_SEED ?? 1);

it(
  "handles untrusted input without a crash, a written row, a leak of memory or a payload in a log",
  async () => {
    const { ok, surfaces, findings } = await runHostile({ seed, inputs });
    expect(findings).toEqual([]);
    expect({ ok, surfaces }).toMatchObject({ ok: true });
    for (const { surface, inputs: given } of surfaces) {
      expect(given, surface).toBeGreaterThanOrEqual(surface === "database" ? inputs / 5 : inputs);
    }
  },
  TIMEOUT_MS,
);
