import type { HealthSample } from "./wire.ts";

/** What has been counted since the start. */
export interface HealthCounts {
  delivered: number;
  gone: number;
  throttled: number;
  failed: number;
}

/** What the stack has now. */
export interface HealthGauges {
  connections: number;
  batchesInFlight: number;
}

export interface HealthSampler {
  publications(count: number): void;
  latencies(valuesMs: readonly number[]): void;
  postsPerSecondMax(perSecond: number): void;
  queueAge(ageMs: number): void;
  /** Ends the sample that is under way. */
  sample(counts: HealthCounts, gauges: HealthGauges): void;
  after(afterMs: number): HealthSample[];
}

/** Ten minutes, with a sample each second. */
const SAMPLES_MAX = 600;
const LATENCIES_MAX = 2_000;

export function createHealthSampler(now: () => number = Date.now): HealthSampler {
  const samples: HealthSample[] = [];
  let last: HealthCounts = { delivered: 0, gone: 0, throttled: 0, failed: 0 };
  let startedMs = now();
  let publications = 0;
  let latencies: number[] = [];
  let queueAgeMs: number | undefined;
  let postsPerSecondMax: number | undefined;

  return {
    publications(count) {
      publications += count;
    },
    latencies(valuesMs) {
      latencies.push(...valuesMs.slice(0, LATENCIES_MAX - latencies.length));
    },
    postsPerSecondMax(perSecond) {
      postsPerSecondMax = Math.min(postsPerSecondMax ?? perSecond, perSecond);
    },
    queueAge(ageMs) {
      queueAgeMs = Math.max(queueAgeMs ?? 0, ageMs);
    },
    sample(counts, gauges) {
      const atMs = now();
      samples.push({
        atMs,
        seconds: Math.max(0.001, (atMs - startedMs) / 1_000),
        delivered: counts.delivered - last.delivered,
        gone: counts.gone - last.gone,
        throttled: counts.throttled - last.throttled,
        failed: counts.failed - last.failed,
        publications,
        ...(latencies.length > 0 && { latencyMs: quantiles(latencies) }),
        ...(queueAgeMs !== undefined && { queueAgeMs }),
        ...(postsPerSecondMax !== undefined && { postsPerSecondMax }),
        ...gauges,
      });
      if (samples.length > SAMPLES_MAX) samples.shift();
      last = counts;
      startedMs = atMs;
      publications = 0;
      latencies = [];
      queueAgeMs = undefined;
      postsPerSecondMax = undefined;
    },
    after: (afterMs) => samples.filter(({ atMs }) => atMs > afterMs),
  };
}

function quantiles(values: number[]): { p50: number; p90: number; p99: number } {
  const sorted = values.toSorted((one, other) => one - other);
  // The nearest rank: a value that was measured
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
