import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { REASON_DIMENSION } from "./metric-names.ts";

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

interface Sample {
  unit: Unit;
  /** How many values there were, also those that are not in the sample. */
  seen: number;
  values: number[];
}

/** Metrics that add up until they are written, so that one line is about many publications. */
export interface MetricTotals {
  count(name: string, value: number): void;
  /** Adds a value of which CloudWatch computes averages and percentiles. */
  sample(name: string, unit: Unit, value: number): void;
  /** Counts for one reason, which is a dimension of the metric. */
  countFor(name: string, reason: string, value: number): void;
  isEmpty(): boolean;
  /** Writes one line, and one for each reason. */
  write(): void;
}

/**
 * A line has at most 100 values of a metric, and Powertools writes a line as soon as there are 100. Of more values a random
 * sample is kept.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const VALUES_MAX = 99;

export function createMetricTotals(metrics: Metrics, random: () => number = Math.random): MetricTotals {
  const counts = new Map<string, number>();
  const samples = new Map<string, Sample>();
  const reasons = new Map<string, Map<string, number>>();

  function writeReasons(name: string, byReason: ReadonlyMap<string, number>): void {
    for (const [reason, value] of byReason) {
      // Separately, because the other metrics do not have this dimension
      const single = metrics.singleMetric();
      single.addDimension(REASON_DIMENSION, reason);
      single.addMetric(name, MetricUnit.Count, value);
    }
  }

  return {
    count: (name, value) => add(counts, name, value),
    sample(name, unit, value) {
      const sample = samples.get(name) ?? { unit, seen: 0, values: [] };
      samples.set(name, sample);
      sample.seen += 1;
      const at =
        sample.values.length < VALUES_MAX ? sample.values.length : Math.floor(random() * sample.seen);
      if (at < VALUES_MAX) sample.values[at] = value;
    },
    countFor(name, reason, value) {
      const byReason = reasons.get(name) ?? new Map<string, number>();
      reasons.set(name, byReason);
      add(byReason, reason, value);
    },
    isEmpty: () => counts.size + samples.size + reasons.size === 0,
    write() {
      for (const [name, value] of counts) metrics.addMetric(name, MetricUnit.Count, value);
      for (const [name, { unit, values }] of samples) {
        for (const value of values) metrics.addMetric(name, unit, value);
      }
      for (const [name, byReason] of reasons) writeReasons(name, byReason);
      for (const totals of [counts, samples, reasons]) totals.clear();
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

const add = (totals: Map<string, number>, name: string, value: number): void =>
  void totals.set(name, (totals.get(name) ?? 0) + value);
