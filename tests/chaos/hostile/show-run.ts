import { SingleBar } from "cli-progress";
import { type HostileReport, runHostile } from "./run.ts";
import { SURFACE_NAMES } from "./surface.ts";

/** Runs the suite with a progress bar, and prints each finding with its smallest input. */
export async function showHostileRun(options: { seed: number; inputs: number }): Promise<HostileReport> {
  const format = "{surface} {bar} {value}/{total}";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(options.inputs * SURFACE_NAMES.length, 0, { surface: "" });
  const report = await runHostile({
    ...options,
    onProgress(surface, inputs) {
      bar.update(SURFACE_NAMES.indexOf(surface) * options.inputs + inputs, { surface });
    },
  });
  bar.stop();
  for (const { surface, seed, input, explanation } of report.findings) {
    console.error(`${surface}, seed ${seed}: ${explanation}\n  ${input}\n`);
  }
  return report;
}
