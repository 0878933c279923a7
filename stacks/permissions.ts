import { ROWS, TABLE } from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { Messaging } from "./messaging.ts";
import type { Storage } from "./storage.ts";

/**
 * A statement of an IAM policy. This file lists all of them: only the actions that the code calls, on the resources it
 * uses.
 */
export interface Permission {
  actions: string[];
  resources: $util.Input<string>[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

type Api = { api: sst.aws.ApiGatewayWebSocket };

/**
 * Lets the function subscribe, unsubscribe, read a log's position and events, reply to messages, add up what a connection
 * costs, and close one that costs too much. It writes to a topic's rows only to open an epoch.
 */
export const websocketPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allowRows({ table }, [ROWS.consumer, ROWS.user, ROWS.topic], "Query", "GetItem", "PutItem"),
  allowRows({ table }, [ROWS.consumer], "UpdateItem", "DeleteItem", "BatchWriteItem"),
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
  allowRows({ table }, [ROWS.topic], "GetItem", "PutItem"),
  allowRows({ table }, [ROWS.topic, ROWS.ledger], "Query"),
  allow(fanoutQueue.arn, "sqs", "SendMessage"),
];

/**
 * What a producer also needs to fan out to small topics itself: to read the index, to write the ledger, to post, and to
 * remove subscriptions of gone connections. It abandons nothing, so it sends no dead letters.
 */
export const inlineFanoutPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allow($interpolate`${table.arn}/index/${TABLE.index.name}`, "dynamodb", "Query"),
  allowRows({ table }, [ROWS.ledger], "PutItem", "UpdateItem"),
  allowRows({ table }, [ROWS.consumer], "DeleteItem", "BatchWriteItem"),
  manageConnections(api, "POST"),
];

/**
 * What the websocket function also needs with the option `legacySubscriptions`: the old package's rows, whose hash key
 * is a bare topic id, and the index. The statement for rows leaves out all that this version writes, and so an old topic
 * id that looks like one of those keys. `docs/migrating.md` says for how long.
 */
export const legacyPermissions = ({ table }: Storage): Permission[] => [
  {
    ...allow(table.arn, "dynamodb", "GetItem", "DeleteItem", "BatchWriteItem"),
    conditions: hashKeys("StringNotLike", Object.values(ROWS)),
  },
  allow($interpolate`${table.arn}/index/${TABLE.index.name}`, "dynamodb", "Query"),
];

/** Lets a back end write revocations, find a user's connections and their topics, and remove subscriptions. */
export const revokePermissions = ({ table }: Storage): Permission[] => [
  allowRows({ table }, [ROWS.consumer, ROWS.user, ROWS.topic], "PutItem"),
  allowRows({ table }, [ROWS.consumer, ROWS.user], "Query"),
  allowRows({ table }, [ROWS.consumer], "DeleteItem", "BatchWriteItem"),
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

/** Allows these actions only on rows whose hash key begins with one of the prefixes. */
const allowRows = ({ table }: Storage, prefixes: string[], ...actions: string[]): Permission => ({
  ...allow(table.arn, "dynamodb", ...actions),
  conditions: hashKeys("StringLike", prefixes),
});

/**
 * The value of `dynamodb:LeadingKeys` is a list: a batch names many rows, and each must fit. "ForAllValues" is also true
 * of an empty list, so the second condition refuses a request that names no row.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
const hashKeys = (
  test: "StringLike" | "StringNotLike",
  prefixes: string[],
): NonNullable<Permission["conditions"]> => [
  {
    test: `ForAllValues:${test}`,
    variable: "dynamodb:LeadingKeys",
    values: prefixes.map((prefix) => `${prefix}*`),
  },
  { test: "Null", variable: "dynamodb:LeadingKeys", values: ["false"] },
];
