import type { SQSClient } from "@aws-sdk/client-sqs";
import { createDirectCalls } from "../transport/direct-calls.ts";

/** Makes a client send messages directly; what else there is to ask of a queue is asked once. */
export function directSqs(client: SQSClient): SQSClient {
  const direct = createDirectCalls(
    {
      name: "sqs",
      targetPrefix: "AmazonSQS",
      operations: ["SendMessageBatch"],
      // A call may go to where its queue's URL points
      addressOf: ({ QueueUrl }: { QueueUrl?: string }) => QueueUrl ?? "",
      refusalOf: () => undefined,
    },
    client.config,
  );
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  return client;
}
