import { TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { Messaging } from "./messaging.ts";
import type { Storage } from "./storage.ts";

/**
 * A statement of an IAM policy. This file lists all of them: only the actions that the code calls, on the resources it
 * uses.
 */
export interface Permission {
  actions: string[];
  resources: $util.Input<string>[];
}

type Api = { api: sst.aws.ApiGatewayWebSocket };

/** Lets the function subscribe, unsubscribe, read a log's position and events, and reply to messages. */
export const websocketPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem", "DeleteItem", "BatchWriteItem"),
  postToConnections(api),
];

/**
 * Lets the worker page the index, claim and settle units, post, remove subscriptions of gone connections, and queue the
 * rest.
 */
export const fanoutPermissions = ({
  table,
  fanoutQueue,
  deadLetterQueue,
  api,
}: Storage & Messaging & Api): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
  allow($interpolate`${table.arn}/index/${TABLE.index.name}`, "dynamodb", "Query"),
  // The event source mapping needs the first three. The worker reads the redrive policy and queues further work
  allow(
    fanoutQueue.arn,
    "sqs",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "SendMessage",
  ),
  allow(deadLetterQueue.arn, "sqs", "GetQueueUrl", "SendMessage"),
  postToConnections(api),
];

/** Lets a producer append to the log, also in transactions, read the ledger of an earlier publication, and queue. */
export const publishPermissions = ({
  table,
  fanoutQueue,
}: Storage & Pick<Messaging, "fanoutQueue">): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem"),
  allow(fanoutQueue.arn, "sqs", "SendMessage"),
];

/** Lets a back end write revocations, find a user's connections and their topics, and remove subscriptions. */
export const revokePermissions = ({ table }: Storage): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "PutItem", "DeleteItem", "BatchWriteItem"),
];

/** Replaces AWSLambdaBasicExecutionRole, which allows every log group of the account. */
export const logPermissions = (logs: aws.cloudwatch.LogGroup): Permission =>
  allow($interpolate`${logs.arn}:*`, "logs", "CreateLogStream", "PutLogEvents");

/** X-Ray has no resources, so this wildcard can't be narrowed. It is granted only while tracing is on. */
export const tracePermissions = (): Permission =>
  allow("*", "xray", "PutTraceSegments", "PutTelemetryRecords");

/**
 * Allows posts to connections of this API's stage only. It does not allow other APIs, or closing or inspecting
 * connections.
 */
const postToConnections = ({ nodes }: sst.aws.ApiGatewayWebSocket): Permission =>
  allow(
    $interpolate`${nodes.api.executionArn}/$default/POST/@connections/*`,
    "execute-api",
    "ManageConnections",
  );

const allow = (resource: $util.Input<string>, service: string, ...actions: string[]): Permission => ({
  actions: actions.map((action) => `${service}:${action}`),
  resources: [resource],
});
