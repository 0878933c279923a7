import type { Benchmark, BenchmarkRun } from "./benchmark.ts";
import type { SinkReport } from "./support/sink.ts";
import { throttleFigures } from "./throttle/figures.ts";
import { startFixture, type ThrottleFixture } from "./throttle/fixture.ts";
import { measureOurs, measureSdk } from "./throttle/measure.ts";
import { type ThrottleRound, throttleResult, VARIANTS, type Variant } from "./throttle/result.ts";

/** Measures how well posts use the account's rate, and what is lost: our worker and the SDK's own retries. */
export const throttle: Benchmark = {
  name: "throttle",
  summary: "posts at an account's rate: the share that is used, rejected posts, subscribers not reached",
  rounds: 3,
  flags: {
    quota: { default: 2_000, min: 10, max: 100_000, help: "posts per second that the sink accepts" },
    workers: { default: 1, min: 1, max: 64, help: "fan-out workers, and processes with the SDK's client" },
    seconds: {
      default: 20,
      min: 3,
      max: 600,
      help: "duration of all posts at the quota; sets the number of connections",
    },
  },
  async run(given) {
    const { quota = 0, workers = 0, seconds = 0 } = given.flags;
    const fixture = await startFixture({ quota, workers, seconds }, given.progress);
    try {
      return throttleResult(await measure(fixture, given), { quota, workers });
    } finally {
      await fixture.stop();
    }
  },
};

/** The variants take turns, and each round begins with another variant. */
async function measure(
  fixture: ThrottleFixture,
  { rounds, progress }: BenchmarkRun,
): Promise<ThrottleRound[]> {
  const measured: ThrottleRound[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < VARIANTS.length; turn++) {
      const variant = VARIANTS[(round + turn) % VARIANTS.length] ?? "ours";
      progress(`round ${round + 1} of ${rounds}: ${variant}`);
      const report = await MEASURES[variant](fixture);
      measured.push({ variant, figures: throttleFigures(report, fixture), timeline: report.timeline });
    }
  }
  return measured;
}

const MEASURES: Readonly<Record<Variant, (fixture: ThrottleFixture) => Promise<SinkReport>>> = {
  ours: measureOurs,
  sdkStandard: (fixture) => measureSdk(fixture, "standard"),
  sdkAdaptive: (fixture) => measureSdk(fixture, "adaptive"),
};
