import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Observe, PipelineEvent, PostTotals } from "../core/pipeline-events.ts";
import { METRIC, REASON_DIMENSION } from "./metric-names.ts";

/**
 * Counts events as CloudWatch metrics, in the embedded metric format. The owner of `metrics` publishes them. The only
 * dimension is the service, and for quick retries also the kind of failure. Topics and connections are no dimensions,
 * because their number is unlimited.
 */
export function metricsObserver(metrics: Metrics): Observe {
  const count = (name: string, value = 1): void => {
    if (value > 0) metrics.addMetric(name, MetricUnit.Count, value);
  };
  const time = (name: string, valueMs: number): void => {
    metrics.addMetric(name, MetricUnit.Milliseconds, Math.max(0, valueMs));
  };

  function countPosts(totals: PostTotals): void {
    count(METRIC.delivered, totals.delivered);
    count(METRIC.gone, totals.gone);
    count(METRIC.throttledAccount, totals.throttledAccount);
    count(METRIC.throttledConsumer, totals.throttledConsumer);
    count(METRIC.failed, totals.failed);
    if (totals.delivered > 0) count(METRIC.eventsPerPost, totals.events / totals.delivered);
    for (const latencyMs of totals.latenciesMs) time(METRIC.postLatency, latencyMs);
    const byKind = new Map<string, number>();
    for (const { kind, count } of totals.quickRetries) byKind.set(kind, (byKind.get(kind) ?? 0) + count);
    for (const [kind, count] of byKind) countFor(kind, count);
  }

  /** Writes this metric at once and separately, because the other metrics do not have its dimension. */
  function countFor(kind: string, value: number): void {
    const single = metrics.singleMetric();
    single.addDimension(REASON_DIMENSION, kind);
    single.addMetric(METRIC.quickRetries, MetricUnit.Count, value);
  }

  const counters: { [Name in PipelineEvent["event"]]?: (event: PipelineEvent & { event: Name }) => void } = {
    "publication-accepted": () => count(METRIC.publicationAccepted),
    subscribed: () => count(METRIC.subscribed),
    unsubscribed: () => count(METRIC.unsubscribed),
    "posts-made"(event) {
      countPosts(event);
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
    "frame-refused": () => count(METRIC.frameRefused),
    "connection-ended": () => count(METRIC.connectionEnded),
  };
  return (event) => (counters[event.event] as ((event: PipelineEvent) => void) | undefined)?.(event);
}
