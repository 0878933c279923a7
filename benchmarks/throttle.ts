import type { Benchmark, BenchmarkRun } from "./benchmark.ts";
import type { SinkReport } from "./support/sink.ts";
import { throttleFigures } from "./throttle/figures.ts";
import { startFixture, type ThrottleFixture } from "./throttle/fixture.ts";
import { measureOurs, measureSdk } from "./throttle/measure.ts";
import {
  measureNeighbours,
  type NeighbourRound,
  type NeighbourSettings,
} from "./throttle/neighbours/measure.ts";
import { CAPS, type NeighbourRounds, neighboursResult } from "./throttle/neighbours/result.ts";
import { type ThrottleRound, throttleResult, VARIANTS, type Variant } from "./throttle/result.ts";

/** Measures how well posts use the account's rate, and what is lost: our worker and the SDK's own retries. */
export const throttle: Benchmark = {
  name: "throttle",
  summary:
    "posts at an account's rate: the share that is used, rejected posts, and other clients beside them",
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
    "account-quota": {
      default: 500,
      min: 20,
      max: 10_000,
      help: "requests per second of the account in which another client subscribes during the fan-out",
    },
  },
  async run(given) {
    const { quota = 0, workers = 0, seconds = 0, "account-quota": accountQuota = 0 } = given.flags;
    const fixture = await startFixture({ quota, workers, seconds }, given.progress);
    try {
      const posts = throttleResult(await measure(fixture, given), { quota, workers });
      const { dynamodbEndpoint } = fixture.stack;
      const settings = { quota: accountQuota, workers, seconds, dynamodbEndpoint };
      const neighbours = neighboursResult(await measureBeside(settings, given), settings);
      return {
        json: { throttle: { ...posts.json.throttle, neighbours: neighbours.json } },
        lines: [...posts.lines, "", ...neighbours.lines],
        checks: [...posts.checks, ...neighbours.checks],
      };
    } finally {
      await fixture.stop();
    }
  },
};

/** With and without a cap in turn. */
async function measureBeside(
  settings: NeighbourSettings,
  { rounds, progress }: BenchmarkRun,
): Promise<NeighbourRounds> {
  const measured: Record<(typeof CAPS)[number], NeighbourRound[]> = { capped: [], uncapped: [] };
  for (let round = 0; round < rounds; round++) {
    for (const cap of CAPS) {
      progress(`neighbours, round ${round + 1} of ${rounds}: ${cap}`);
      measured[cap].push(await measureNeighbours(settings, { capped: cap === "capped" }));
    }
  }
  return measured;
}

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
