import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Observe, PipelineEvent, PostTotals } from "../core/pipeline-events.ts";
import type { LogDeliveries } from "./log-deliveries.ts";
import { METRIC } from "./metric-names.ts";
import { createMetricTotals } from "./metric-totals.ts";

/** Counts events, and writes the metrics where the invocation ends. */
export interface MetricsObserver {
  observe: Observe;
  /** Writes the metrics if it is time: with `"all"` always, with `"problems"` once a minute or after a problem. */
  end(): void;
}

export interface MetricsSettings {
  deliveries: LogDeliveries;
  now?: () => number;
  random?: () => number;
}

/** CloudWatch's finest usual period. Finer points would only be added up again. */
const WRITE_EVERY_MS = 60_000;

/**
 * The metrics that are written at once: somebody may have to act, and an environment that is not invoked again would keep
 * them. What clients cause is not among them, because then every refused message would cost a line.
 */
const PROBLEMS: ReadonlySet<string> = new Set([
  METRIC.abandoned,
  METRIC.authorizeFailed,
  METRIC.failed,
  METRIC.redeliveryQueued,
  METRIC.retried,
  METRIC.quickRetries,
  METRIC.rowsMalformed,
  METRIC.subscriptionEnded,
  METRIC.throttledAccount,
  METRIC.throttledConsumer,
  METRIC.validateFailed,
]);

/**
 * Counts events as CloudWatch metrics, in the embedded metric format. The only dimension is the service, and for quick
 * retries also the kind of failure. Topics and connections are no dimensions, because their number is unlimited.
 */
export function metricsObserver(
  metrics: Metrics,
  { deliveries, now = Date.now, random }: MetricsSettings,
): MetricsObserver {
  const totals = createMetricTotals(metrics, random);
  let hasProblem = false;
  let postsPerSecondMax: number | undefined;
  /** An environment writes the metrics of its first invocation at once: it may be its only one. */
  let writtenAtMs = Number.NEGATIVE_INFINITY;

  const count = (name: string, value = 1): void => {
    if (value <= 0) return;
    totals.count(name, value);
    hasProblem ||= PROBLEMS.has(name);
  };
  const time = (name: string, valueMs: number): void =>
    totals.sample(name, MetricUnit.Milliseconds, Math.max(0, valueMs));

  function countPosts({ delivered, events, latenciesMs, quickRetries, ...failures }: PostTotals): void {
    count(METRIC.delivered, delivered);
    count(METRIC.gone, failures.gone);
    count(METRIC.throttledAccount, failures.throttledAccount);
    count(METRIC.throttledConsumer, failures.throttledConsumer);
    count(METRIC.failed, failures.failed);
    if (delivered > 0) totals.sample(METRIC.eventsPerPost, MetricUnit.Count, events / delivered);
    for (const latencyMs of latenciesMs) time(METRIC.postLatency, latencyMs);
    for (const { kind, count: retries } of quickRetries) totals.countFor(METRIC.quickRetries, kind, retries);
    hasProblem ||= quickRetries.length > 0;
  }

  const counters: { [Name in PipelineEvent["event"]]?: (event: PipelineEvent & { event: Name }) => void } = {
    "publication-accepted"({ consumer }) {
      count(METRIC.publicationAccepted);
      if (consumer) count(METRIC.clientPublication);
    },
    subscribed: () => count(METRIC.subscribed),
    unsubscribed: () => count(METRIC.unsubscribed),
    "posts-made"(event) {
      countPosts(event);
      postsPerSecondMax = event.postsPerSecondMax;
      time(METRIC.unitDuration, event.durationMs);
    },
    "unit-completed"({ retried, publishedAgoMs, delivered }) {
      count(METRIC.retried, retried);
      if (delivered > 0) time(METRIC.publishToDeliveredLag, publishedAgoMs);
    },
    "redelivery-queued": ({ consumers }) => count(METRIC.redeliveryQueued, consumers),
    "delivery-abandoned"({ consumers, unread = 0 }) {
      count(METRIC.abandoned, consumers);
      count(METRIC.abandonedUnread, unread);
    },
    "subscription-ended": () => count(METRIC.subscriptionEnded),
    "rows-malformed": ({ count: rows }) => count(METRIC.rowsMalformed, rows),
    "access-denied": () => count(METRIC.accessDenied),
    "authorize-failed": () => count(METRIC.authorizeFailed),
    "validate-failed": () => count(METRIC.validateFailed),
    "frame-refused": () => count(METRIC.frameRefused),
    "connection-ended": () => count(METRIC.connectionEnded),
  };

  function isTime(): boolean {
    if (deliveries === "all" || hasProblem) return true;
    // A clock that was set back must not delay them
    return Math.abs(now() - writtenAtMs) >= WRITE_EVERY_MS;
  }

  return {
    observe: (event) => (counters[event.event] as ((event: PipelineEvent) => void) | undefined)?.(event),
    end() {
      if (totals.isEmpty() || !isTime()) return;
      // A property of the line and no metric, for which CloudWatch would charge
      if (postsPerSecondMax !== undefined) {
        metrics.addMetadata("postsPerSecondMax", String(postsPerSecondMax));
      }
      totals.write();
      hasProblem = false;
      writtenAtMs = now();
    },
  };
}
