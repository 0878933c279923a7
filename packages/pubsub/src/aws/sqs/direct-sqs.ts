import type { SQSClient } from "@aws-sdk/client-sqs";
import { createDirectCalls } from "../transport/direct-calls.ts";
import type { OnDirectPathDisabled } from "../transport/direct-path.ts";

/** Makes a client send messages directly. The other operations are too rare to gain from it. */
export function directSqs(client: SQSClient, onDisabled: OnDirectPathDisabled): SQSClient {
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
    onDisabled,
  );
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  return client;
}
