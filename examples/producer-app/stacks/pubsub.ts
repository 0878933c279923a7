import { parseArn } from "./arn.ts";

export interface PubsubArns {
  tableArn: string | undefined;
  fanoutQueueArn: string | undefined;
}

/**
 * The pubsub app's `Pubsub` link for an app of its own in the same account and Region: what `publishToTopic` needs
 * to know, and the permissions it needs, no more. The retention must be the pubsub app's; it is a day unless set.
 */
export function LinkPubsub(arns: PubsubArns, eventRetentionSeconds = 86_400): sst.Linkable<object> {
  const table = parseArn("PUBSUB_TABLE_ARN", "dynamodb", arns.tableArn);
  const queue = parseArn("PUBSUB_FANOUT_QUEUE_ARN", "sqs", arns.fanoutQueueArn);
  return new sst.Linkable("Pubsub", {
    properties: {
      dynamodbTableName: table.resource.replace("table/", ""),
      fanoutQueueUrl: `https://sqs.${queue.region}.amazonaws.com/${queue.account}/${queue.resource}`,
      eventRetentionSeconds,
    },
    include: [
      sst.aws.permission({
        actions: ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"],
        resources: [table.arn],
      }),
      sst.aws.permission({ actions: ["sqs:SendMessage"], resources: [queue.arn] }),
    ],
  });
}
