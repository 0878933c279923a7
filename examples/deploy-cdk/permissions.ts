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

/**
 * Subscribes, unsubscribes, reads the log, opens epochs, responds to messages, and closes connections that cost too much. It
 * cannot write an event, because what it may put into a topic has other attributes.
 */
export const websocketPermissions = ({
  table,
  connections,
  closing,
}: Pick<Resources, "table" | "connections" | "closing">): PolicyStatement[] => [
  allowRows(table, ["consumer#*", "user#*", "topic#*"], "dynamodb:Query", "dynamodb:GetItem"),
  allowRows(table, ["consumer#*", "user#*"], "dynamodb:PutItem"),
  // An epoch, and the mark of a subscription that is undone because access was revoked
  putTopicRows(table, ["p", "u", "epoch", "used", "expiresAt"]),
  putTopicRows(table, ["p", "u", "revokedAt", "expiresAt"]),
  allowRows(table, ["consumer#*"], "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
  countCosts(table),
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

/** What the function of the route PUBLISH needs in addition: it finds revocations, responds, and counts what that costs. */
export const answerPermissions = ({
  table,
  connections,
  closing,
}: Pick<Resources, "table" | "connections" | "closing">): PolicyStatement[] => [
  allowRows(table, ["consumer#*", "user#*"], "dynamodb:Query"),
  countCosts(table),
  allow(connections, "execute-api:ManageConnections"),
  allow(closing, "execute-api:ManageConnections"),
];

const countCosts = (table: ITable): PolicyStatement =>
  allowRows(table, ["spending#*"], "dynamodb:UpdateItem");

function putTopicRows(table: ITable, attributes: string[]): PolicyStatement {
  const statement = allowRows(table, ["topic#*"], "dynamodb:PutItem");
  statement.addCondition("ForAllValues:StringEquals", { "dynamodb:Attributes": attributes });
  return statement;
}

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
