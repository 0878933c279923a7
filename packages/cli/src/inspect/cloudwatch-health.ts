import type { CloudWatchClient, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Health, HealthSample } from "lambda-websocket-pubsub-local/inspector";

/** CloudWatch's finest period for these metrics. */
const PERIOD_SECONDS = 60;
const WINDOW_MS = 60 * 60_000;
const NAMESPACE = "LambdaWebsocketPubsub";
/** Ten metrics cost $0.0001. An hour with an open page costs half a cent. */
export const HEALTH_EVERY_MS = 60_000;

type Numbers = Record<string, number>;

/**
 * Returns a reader of the last hour's metrics, which asks CloudWatch at most once a minute however many pages are open.
 * Nobody reads it as long as no page shows it.
 */
export function createCloudwatchHealth(
  client: Pick<CloudWatchClient, "send">,
  { service, queueName }: { service: string; queueName: string },
  now: () => number = Date.now,
): (afterMs: number) => Promise<Health> {
  let read: Promise<HealthSample[]> | undefined;
  let readMs = Number.NEGATIVE_INFINITY;
  return async (afterMs) => {
    if (now() - readMs >= HEALTH_EVERY_MS || !read) {
      readMs = now();
      read = readSamples(client, queries(service, queueName), now());
      read.catch(() => {
        readMs = Number.NEGATIVE_INFINITY;
      });
    }
    const samples = await read;
    const note =
      `Metrics of service ${service} from CloudWatch, a minute each. CloudWatch is a minute or two behind; with ` +
      'logDeliveries "problems" the functions write them once a minute. Each minute of this view costs $0.0001.';
    return { samples: samples.filter(({ atMs }) => atMs > afterMs), note };
  };
}

function queries(service: string, queueName: string): MetricDataQuery[] {
  const ours = { Namespace: NAMESPACE, Dimensions: [{ Name: "service", Value: service }] };
  const queue = { Namespace: "AWS/SQS", Dimensions: [{ Name: "QueueName", Value: queueName }] };
  const metrics: [id: string, metric: typeof ours, name: string, statistic: string][] = [
    ["publications", ours, "PublicationAccepted", "Sum"],
    ["delivered", ours, "Delivered", "Sum"],
    ["gone", ours, "Gone", "Sum"],
    ["throttledAccount", ours, "ThrottledAccount", "Sum"],
    ["throttledConsumer", ours, "ThrottledConsumer", "Sum"],
    ["failed", ours, "Failed", "Sum"],
    ["p50", ours, "PostLatency", "p50"],
    ["p90", ours, "PostLatency", "p90"],
    ["p99", ours, "PostLatency", "p99"],
    ["queueAgeSeconds", queue, "ApproximateAgeOfOldestMessage", "Maximum"],
  ];
  return metrics.map(([Id, { Namespace, Dimensions }, MetricName, Stat]) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: PERIOD_SECONDS, Stat },
  }));
}

async function readSamples(
  client: Pick<CloudWatchClient, "send">,
  MetricDataQueries: MetricDataQuery[],
  nowMs: number,
): Promise<HealthSample[]> {
  const { GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const minutes = new Map<number, Numbers>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries,
        StartTime: new Date(nowMs - WINDOW_MS),
        EndTime: new Date(nowMs),
        ScanBy: "TimestampAscending",
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    for (const { Id = "", Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
      for (const [index, timestamp] of Timestamps.entries()) {
        const atMs = timestamp.getTime();
        minutes.set(atMs, { ...minutes.get(atMs), [Id]: Values[index] ?? 0 });
      }
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return [...minutes].sort(([one], [other]) => one - other).map(toSample);
}

function toSample([atMs, found]: [number, Numbers]): HealthSample {
  const { publications = 0, delivered = 0, gone = 0, failed = 0, queueAgeSeconds } = found;
  const { throttledAccount = 0, throttledConsumer = 0, p50, p90, p99 } = found;
  return {
    atMs,
    seconds: PERIOD_SECONDS,
    publications,
    delivered,
    gone,
    failed,
    throttled: throttledAccount + throttledConsumer,
    ...(p50 !== undefined && p90 !== undefined && p99 !== undefined && { latencyMs: { p50, p90, p99 } }),
    ...(queueAgeSeconds !== undefined && { queueAgeMs: queueAgeSeconds * 1_000 }),
  };
}
