import { parseArn } from "./arn.ts";

export interface PubsubArns {
  tableArn: string | undefined;
  fanoutQueueArn: string | undefined;
}

/**
 * The `Pubsub` link for another app in the same account and Region. It has the config and exactly the permissions that
 * `publishToTopic` needs. The retention must equal the pubsub app's, which is a day by default.
 */
export function LinkPubsub(arns: PubsubArns, eventRetentionSeconds = 86_400): sst.Linkable<object> {
  const table = parseArn("PUBSUB_TABLE_ARN", "dynamodb", arns.tableArn);
  const queue = parseArn("PUBSUB_FANOUT_QUEUE_ARN", "sqs", arns.fanoutQueueArn);
  return new sst.Linkable("Pubsub", {
    properties: {
      dynamodbTableName: table.resource.replace("table/", ""),
      fanoutQueueUrl: `https://sqs.${queue.region}.amazonaws.com/${queue.account}/${queue.resource}`,
      eventRetentionSeconds,
      // No log line and no metric for each publication
      logDeliveries: "problems",
    },
    include: [
      sst.aws.permission({
        actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
        resources: [table.arn],
        conditions: hashKeys("topic#*"),
      }),
      sst.aws.permission({
        actions: ["dynamodb:Query"],
        resources: [table.arn],
        conditions: hashKeys("topic#*", "fanout#*"),
      }),
      sst.aws.permission({ actions: ["sqs:SendMessage"], resources: [queue.arn] }),
    ],
  });
}

/** Limits a permission to rows whose hash key begins so: a topic's log, and what its fan-out did. */
const hashKeys = (...values: string[]) => [
  { test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values },
  // ForAllValues is also true of a request that names no row
  { test: "Null", variable: "dynamodb:LeadingKeys", values: ["false"] },
];
