import { setTimeout as sleep } from "node:timers/promises";
import type { Line } from "../lines.ts";
import { type Menu, planWaves } from "../troubles/suites.ts";
import type { StageSet } from "./stage.ts";

export interface WaveOptions {
  menu: Pick<Menu, "troubles" | "atOnce" | "always">;
  durationMs: number;
  random(): number;
  record(line: Line): void;
  onProgress(text: string): void;
}

/** Begins and ends the waves of the plan at their times. No fault is active when this resolves. */
export async function runWaves(
  { stage }: Pick<StageSet, "stage">,
  { menu, durationMs, random, record, onProgress }: WaveOptions,
): Promise<void> {
  const startedMs = performance.now();
  const until = (ms: number): Promise<void> => sleep(Math.max(0, startedMs + ms - performance.now()));
  const ends = menu.always.map((trouble) => trouble.begin(stage));
  for (const { fromMs, toMs, troubles } of planWaves(menu, durationMs, random)) {
    await until(fromMs);
    onProgress(troubles.map(({ name }) => name).join(", "));
    const waveEnds = troubles.map((trouble) => {
      record({ at: Date.now(), k: "fault", name: trouble.name });
      return trouble.begin(stage);
    });
    await until(toMs);
    for (const end of waveEnds) end();
    record({ at: Date.now(), k: "calm", name: "" });
    onProgress("calm");
  }
  await until(durationMs);
  for (const end of ends) end();
}
