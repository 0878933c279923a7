import { TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import { METRIC, METRICS_NAMESPACE, REASON_DIMENSION } from "../packages/pubsub/src/observe/metric-names.ts";
import type { PubsubFunction } from "./function.ts";
import { serviceName } from "./service.ts";

/** A metric as CloudWatch finds it: dashboard and alarms are made of the same ones. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, $util.Input<string>>;
}

/** One of the metrics that the functions write themselves. */
export const ours = (name: keyof typeof METRIC): Metric => ({
  namespace: METRICS_NAMESPACE,
  name: METRIC[name],
  dimensions: { service: serviceName() },
});

export const ofTable = (table: sst.aws.Dynamo, name: string): Metric => ({
  namespace: "AWS/DynamoDB",
  name,
  dimensions: { TableName: table.name },
});

/** Not part of the table's: an index has its own units, and is throttled on its own. */
export const ofIndex = (table: sst.aws.Dynamo, name: string): Metric => ({
  namespace: "AWS/DynamoDB",
  name,
  dimensions: { TableName: table.name, GlobalSecondaryIndexName: TABLE.index.name },
});

export const ofQueue = (queue: sst.aws.Queue, name: string): Metric => ({
  namespace: "AWS/SQS",
  name,
  dimensions: { QueueName: queue.nodes.queue.name },
});

export const ofFunction = ({ fn }: PubsubFunction, name: string): Metric => ({
  namespace: "AWS/Lambda",
  name,
  dimensions: { FunctionName: fn.name },
});

export const ofApi = (api: sst.aws.ApiGatewayWebSocket, name: string): Metric => ({
  namespace: "AWS/ApiGateway",
  name,
  dimensions: { ApiId: api.nodes.api.id },
});

/**
 * The share of posts that met the account's rate, from the sums `posted` and `throttled`. Consumers that are
 * throttled for themselves say nothing about the account.
 */
export const THROTTLED_SHARE =
  "IF(FILL(posted, 0) + FILL(throttled, 0) > 0, FILL(throttled, 0) / (FILL(posted, 0) + FILL(throttled, 0)), 0)";

/**
 * Publications, by whoever published them: a producer counts them under its own `service`, so they are searched
 * for, and other stages' producers in the account and Region are found along.
 */
export const PUBLISHED = `SEARCH('{${METRICS_NAMESPACE},service} MetricName="${METRIC.publicationAccepted}"', 'Sum', 60)`;

/** Quick retries of this stage, one line a reason: which reasons there are is known only once they occur. */
export const quickRetries = (): string =>
  `SEARCH('{${METRICS_NAMESPACE},service,${REASON_DIMENSION}} MetricName="${METRIC.quickRetries}" service="${serviceName()}"', 'Sum', 60)`;
