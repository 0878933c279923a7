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

/**
 * Lets the function subscribe, unsubscribe, read a log's position and events, reply to messages, add up what a connection
 * costs, and close one that costs too much.
 */
export const websocketPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
  manageConnections(api, "POST"),
  manageConnections(api, "DELETE"),
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
  manageConnections(api, "POST"),
];

/** Lets a producer append to the log, also in transactions, read the ledger of an earlier publication, and queue. */
export const publishPermissions = ({
  table,
  fanoutQueue,
}: Storage & Pick<Messaging, "fanoutQueue">): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem"),
  allow(fanoutQueue.arn, "sqs", "SendMessage"),
];

/** Replaces AWSLambdaBasicExecutionRole, which allows every log group of the account. */
export const logPermissions = (logs: aws.cloudwatch.LogGroup): Permission =>
  allow($interpolate`${logs.arn}:*`, "logs", "CreateLogStream", "PutLogEvents");

/** X-Ray has no resources, so this wildcard can't be narrowed. It is granted only while tracing is on. */
export const tracePermissions = (): Permission =>
  allow("*", "xray", "PutTraceSegments", "PutTelemetryRecords");

/** Allows posts to connections of this API's stage only, or closing them. It does not allow inspecting them. */
const manageConnections = ({ nodes }: sst.aws.ApiGatewayWebSocket, method: "POST" | "DELETE"): Permission =>
  allow(
    $interpolate`${nodes.api.executionArn}/$default/${method}/@connections/*`,
    "execute-api",
    "ManageConnections",
  );

const allow = (resource: $util.Input<string>, service: string, ...actions: string[]): Permission => ({
  actions: actions.map((action) => `${service}:${action}`),
  resources: [resource],
});
