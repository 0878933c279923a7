import { TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { Messaging } from "./messaging.ts";
import type { Storage } from "./storage.ts";

/** Everything that anybody may do, as statements: the actions that the code calls, on what it calls them on. */
export interface Permission {
  actions: string[];
  resources: $util.Input<string>[];
}

type Api = { api: sst.aws.ApiGatewayWebSocket };

/** Subscribes, unsubscribes, reads where a log stands and what is in it, answers frames. */
export const websocketPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem", "DeleteItem", "BatchWriteItem"),
  postToConnections(api),
];

/** Pages the index, claims and settles units of work, posts, removes who is gone, queues what is left. */
export const fanoutPermissions = ({
  table,
  fanoutQueue,
  deadLetterQueue,
  api,
}: Storage & Messaging & Api): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
  allow($interpolate`${table.arn}/index/${TABLE.index.name}`, "dynamodb", "Query"),
  // The first three are the event source mapping's; the worker reads the redrive policy, and queues further work
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

/** Appends to the log, a transaction's puts included, looks up an earlier publication's ledger, queues. */
export const publishPermissions = ({
  table,
  fanoutQueue,
}: Storage & Pick<Messaging, "fanoutQueue">): Permission[] => [
  allow(table.arn, "dynamodb", "Query", "GetItem", "PutItem"),
  allow(fanoutQueue.arn, "sqs", "SendMessage"),
];

/** In place of AWSLambdaBasicExecutionRole, which is for every log group of the account. */
export const logPermissions = (logs: aws.cloudwatch.LogGroup): Permission =>
  allow($interpolate`${logs.arn}:*`, "logs", "CreateLogStream", "PutLogEvents");

/** X-Ray knows no resources: the one wildcard that can't be narrowed, there only while tracing is on. */
export const tracePermissions = (): Permission =>
  allow("*", "xray", "PutTraceSegments", "PutTelemetryRecords");

/** To the connections of this API's stage, not of the account's other APIs, and not to close or inspect them. */
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
