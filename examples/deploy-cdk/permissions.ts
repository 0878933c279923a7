import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

interface Resources {
  table: ITable;
  fanoutQueue: IQueue;
  deadLetterQueue: IQueue;
  /** The ARN that allows posts to the connections of this API's stage. */
  connections: string;
  /** The ARN that allows closing them. */
  closing: string;
}

/** Subscribes, unsubscribes, reads the log, responds to messages, and closes connections that cost too much. */
export const websocketPermissions = ({
  table,
  connections,
  closing,
}: Pick<Resources, "table" | "connections" | "closing">): PolicyStatement[] => [
  allowRows(
    table,
    ["consumer#*", "user#*", "topic#*"],
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
  ),
  allowRows(table, ["consumer#*"], "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
  allow(connections, "execute-api:ManageConnections"),
  allow(closing, "execute-api:ManageConnections"),
];

/** Reads the index, claims and completes units of work, posts, removes gone subscriptions, and queues the rest. */
export const fanoutPermissions = ({
  table,
  fanoutQueue,
  deadLetterQueue,
  connections,
}: Omit<Resources, "closing">): PolicyStatement[] => [
  allow(
    table.tableArn,
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
  ),
  allow(`${table.tableArn}/index/SecondaryIndex`, "dynamodb:Query"),
  allow(
    fanoutQueue.queueArn,
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
  ),
  allow(deadLetterQueue.queueArn, "sqs:GetQueueUrl", "sqs:SendMessage"),
  allow(connections, "execute-api:ManageConnections"),
];

/** For each function that calls publishToTopic. */
export const publishPermissions = ({
  table,
  fanoutQueue,
}: Pick<Resources, "table" | "fanoutQueue">): PolicyStatement[] => [
  allowRows(table, ["topic#*"], "dynamodb:GetItem", "dynamodb:PutItem"),
  allowRows(table, ["topic#*", "fanout#*"], "dynamodb:Query"),
  allow(fanoutQueue.queueArn, "sqs:SendMessage"),
];

export const allow = (resource: string, ...actions: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources: [resource] });

/** Allows the actions only on rows whose hash key begins so. */
const allowRows = ({ tableArn }: ITable, hashKeys: string[], ...actions: string[]): PolicyStatement =>
  new PolicyStatement({
    actions,
    resources: [tableArn],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": hashKeys },
      // ForAllValues is also true of a request that names no row
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  });
