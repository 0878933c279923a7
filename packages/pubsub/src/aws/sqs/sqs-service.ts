import type { JsonService } from "../transport/direct-calls.ts";

/** The one call of SQS that goes directly: sending messages. The other operations are too rare to gain from it. */
export const sqsService: JsonService = {
  name: "sqs",
  targetPrefix: "AmazonSQS",
  operations: ["SendMessageBatch"],
  // A call may go to where its queue's URL points
  addressOf: ({ QueueUrl }: { QueueUrl?: string }) => QueueUrl ?? "",
  refusalOf: () => undefined,
};
