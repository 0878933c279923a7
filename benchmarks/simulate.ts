import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { type Compared, compareSizes } from "./simulate/compare.ts";
import { textTable } from "./support/text-table.ts";

const SIZES = [1_000, 10_000, 100_000];

/** Compares a simulated fan-out with one through the local stack, which has the same limits. */
export const simulate: Benchmark = {
  name: "simulate",
  summary: "the time of a fan-out as pubsub simulate computes it, beside the local stack's",
  flags: {
    "max-subscribers": {
      default: 100_000,
      min: 1_000,
      max: 100_000,
      help: "skip topics with more subscribers than this",
    },
    quota: { default: 2_000, min: 100, max: 100_000, help: "posts per second that the sink accepts" },
    workers: { default: 2, min: 2, max: 5, help: "maximum number of fan-out worker processes" },
    latency: { default: 15, min: 1, max: 1_000, help: "milliseconds until the sink responds to a post" },
    bytes: { default: 500, min: 30, max: 100_000, help: "size of the data" },
  },
  rounds: 1,
  run: measure,
};

async function measure({ flags, rounds, progress }: BenchmarkRun): Promise<BenchmarkResult> {
  const { "max-subscribers": max = 0, quota = 0, workers = 0, latency: latencyMs = 0, bytes = 0 } = flags;
  const sizes = SIZES.filter((size) => size <= max);
  const rows = await compareSizes(sizes, { quota, workers, latencyMs, bytes, rounds }, progress);
  return {
    json: { simulate: { quota, workers, latencyMs, rows } },
    lines: [
      `one publication, ${workers} workers, ${quota} posts a second, ${latencyMs} ms a post; medians over ${rounds} rounds`,
      "",
      ...textTable([HEAD, ...rows.map(toCells)]),
    ],
    checks: rows.flatMap(({ subscribers, measured, simulated }) => [
      allReached(`local stack, ${subscribers} subscribers`, measured, subscribers),
      allReached(`simulation, ${subscribers} subscribers`, simulated, subscribers),
    ]),
  };
}

const HEAD = [
  "subscribers",
  "local stack",
  "simulated",
  "difference",
  "storage ms",
  "queue ms",
  "CPU µs a post",
];

function toCells({ subscribers, measured, simulated, difference, parameters }: Compared): string[] {
  const { storageCallMs, queueSendMs } = parameters.timings;
  return [
    subscribers.toLocaleString("en-US"),
    `${measured.seconds.toFixed(2)} s`,
    `${simulated.seconds.toFixed(2)} s`,
    `${difference < 0 ? "−" : "+"}${Math.abs(difference * 100).toFixed(0)} %`,
    storageCallMs.toFixed(1),
    queueSendMs.toFixed(1),
    parameters.postCpuMicros.toFixed(0),
  ];
}

const allReached = (
  where: string,
  { reached, duplicates }: { reached: number; duplicates: number },
  subscribers: number,
): { what: string; holds: boolean } => ({
  what: `${where}: each is posted to once (reached ${reached}, ${duplicates} duplicates)`,
  holds: reached === subscribers && duplicates === 0,
});
