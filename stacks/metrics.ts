import { TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import { METRIC, METRICS_NAMESPACE, REASON_DIMENSION } from "../packages/pubsub/src/observe/metric-names.ts";
import type { PubsubFunction } from "./function.ts";
import { serviceName } from "./service.ts";

/** Identifies a metric in CloudWatch. The dashboard and the alarms use the same ones. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, $util.Input<string>>;
}

/** Returns one of the metrics that the functions write themselves. */
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

/** An index is not part of its table's metrics: it has its own units and is throttled separately. */
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
 * Computes the share of posts that the account's rate throttled, from the sums `posted` and `throttled`. Posts that
 * were throttled because of one consumer say nothing about the account.
 */
export const THROTTLED_SHARE =
  "IF(FILL(posted, 0) + FILL(throttled, 0) > 0, FILL(throttled, 0) / (FILL(posted, 0) + FILL(throttled, 0)), 0)";

/**
 * Computes the abandoned deliveries that an operator can do something about, from the sums `abandoned` and `unread`. A
 * client that does not read must not cause an alarm: anybody with a socket can be one.
 */
export const ABANDONED_FAILED = "FILL(abandoned, 0) - FILL(unread, 0)";

/**
 * Searches for the publications of all producers, because each producer counts them under its own `service`. The search
 * also finds the producers of other stages in the account and Region.
 */
export const PUBLISHED = `SEARCH('{${METRICS_NAMESPACE},service} MetricName="${METRIC.publicationAccepted}"', 'Sum', 60)`;

/**
 * Searches for the quick retries of this stage, one line for each reason. The reasons are known only after they occur.
 */
export const quickRetries = (): string =>
  `SEARCH('{${METRICS_NAMESPACE},service,${REASON_DIMENSION}} MetricName="${METRIC.quickRetries}" service="${serviceName()}"', 'Sum', 60)`;
