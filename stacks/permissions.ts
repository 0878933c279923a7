import {
  EPOCH_RECORD_ATTRIBUTES,
  MEMBERS_ROWS,
  PRESENCE_ATTRIBUTES,
  REMOVED_ATTRIBUTES,
  ROWS,
  TABLE,
} from "../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { Messaging } from "./messaging.ts";
import type { Settings } from "./settings.ts";
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
 * costs, and close one that costs too much. In a topic's rows it can open an epoch and mark consumers as removed; it cannot
 * write an event.
 */
export const websocketPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allowRows({ table }, [ROWS.consumer, ROWS.user, ROWS.topic], "Query", "GetItem"),
  allowRows({ table }, [ROWS.consumer, ROWS.user], "PutItem"),
  putTopicRows({ table }, EPOCH_RECORD_ATTRIBUTES),
  // A SUBSCRIBE that is undone, because access was revoked meanwhile
  putTopicRows({ table }, REMOVED_ATTRIBUTES),
  allowRows({ table }, [ROWS.consumer], "DeleteItem", "BatchWriteItem"),
  countCosts({ table }),
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

/**
 * What the websocket function also needs with `presence`: to write who left and which tick is due, which are no events, to
 * read the index for the first member who comes, and to send ticks. With `markActivity` also to mark memberships.
 */
export const presencePermissions = ({
  table,
  fanoutQueue,
  settings,
}: Storage & Pick<Messaging, "fanoutQueue"> & { settings: Settings }): Permission[] => {
  const { presence, markActivity } = settings;
  if (!presence) return [];
  return [
    putTopicRows({ table }, PRESENCE_ATTRIBUTES, MEMBERS_ROWS),
    allow($interpolate`${table.arn}/index/${TABLE.index.name}`, "dynamodb", "Query"),
    allow(fanoutQueue.arn, "sqs", "SendMessage"),
    ...(markActivity ? [allowRows({ table }, [ROWS.consumer], "UpdateItem")] : []),
  ];
};

/** What the websocket function also needs with `hotTopics`: it updates a subscription, so that the row keeps its shard. */
export const hotTopicPermissions = ({
  table,
  settings: { hotTopics, presence, markActivity },
}: Storage & { settings: Settings }): Permission[] =>
  // Who marks activity may do that already
  hotTopics && !(presence && markActivity) ? [allowRows({ table }, [ROWS.consumer], "UpdateItem")] : [];

/** What a function that ends memberships also needs with `presence`: to look up whose they were, and which tick is due. */
export const leavePermissions = ({
  table,
  settings: { presence },
}: Storage & { settings: Settings }): Permission[] =>
  presence ? [allowRows({ table }, [MEMBERS_ROWS, ROWS.consumer], "GetItem")] : [];

/** What an operator also needs with `presence`, so that the members learn at once who was put out. */
export const putOutPermissions = ({
  table,
  fanoutQueue,
  settings,
}: Storage & Pick<Messaging, "fanoutQueue"> & { settings: Settings }): Permission[] =>
  settings.presence
    ? [
        ...leavePermissions({ table, settings }),
        putTopicRows({ table }, PRESENCE_ATTRIBUTES, MEMBERS_ROWS),
        allow(fanoutQueue.arn, "sqs", "SendMessage"),
      ]
    : [];

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

/** What the function with a URL also needs: to find the revocations of a token's user. */
export const callerPermissions = ({ table }: Storage): Permission[] => [
  allowRows({ table }, [ROWS.user], "Query"),
];

/** What a function of this app needs to publish for others. */
export const producingPermissions = ({
  settings,
  ...resources
}: Storage & Pick<Messaging, "fanoutQueue"> & Api & { settings: Settings }): Permission[] => [
  ...publishPermissions(resources),
  ...(settings.inlineFanoutMax > 0
    ? [...inlineFanoutPermissions(resources), ...leavePermissions({ ...resources, settings })]
    : []),
];

/**
 * What the function of the route PUBLISH also needs: to find revocations, to respond to a client, to count what its
 * connection costs, and to close one that costs too much. It writes to no row of a connection.
 */
export const answerPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allowRows({ table }, [ROWS.consumer, ROWS.user], "Query"),
  countCosts({ table }),
  manageConnections(api, "POST"),
  manageConnections(api, "DELETE"),
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
  allowRows({ table }, [ROWS.consumer, ROWS.user], "PutItem"),
  putTopicRows({ table }, REMOVED_ATTRIBUTES),
  allowRows({ table }, [ROWS.consumer, ROWS.user], "Query"),
  allowRows({ table }, [ROWS.consumer], "DeleteItem", "BatchWriteItem"),
];

/** What `disconnect` needs beside that: to tell connections why, to close them, and to forget whose they were. */
export const disconnectPermissions = ({ table, api }: Storage & Api): Permission[] => [
  allowRows({ table }, [ROWS.user], "DeleteItem"),
  manageConnections(api, "POST"),
  manageConnections(api, "DELETE"),
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

/**
 * The attributes of a `PutItem` are those of the item and of its condition, and the table's keys must be among them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
const putTopicRows = (
  { table }: Storage,
  attributes: readonly string[],
  prefix: string = ROWS.topic,
): Permission => {
  const { conditions = [], ...permission } = allowRows({ table }, [prefix], "PutItem");
  const only = {
    test: "ForAllValues:StringEquals",
    variable: "dynamodb:Attributes",
    values: [...attributes],
  };
  return { ...permission, conditions: [...conditions, only] };
};

/** What the brake needs (decision 19): the rows in which it counts what a connection costs. */
const countCosts = ({ table }: Storage): Permission => allowRows({ table }, [ROWS.spending], "UpdateItem");

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
