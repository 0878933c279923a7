/** Direct calls in an SDK's client that a test configures, as middlewares. The library's own clients load the SDK only if needed. */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { dynamodbService } from "../../packages/pubsub/src/aws/dynamodb/dynamodb-service.ts";
import { sqsService } from "../../packages/pubsub/src/aws/sqs/sqs-service.ts";
import { createDirectCalls } from "../../packages/pubsub/src/aws/transport/direct-calls.ts";
import type { OnDirectPathDisabled } from "../../packages/pubsub/src/aws/transport/direct-path.ts";

export function directDynamodb(client: DynamoDBClient, onDisabled: OnDirectPathDisabled): DynamoDBClient {
  const direct = createDirectCalls(dynamodbService, client.config, onDisabled);
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  return client;
}

export function directSqs(client: SQSClient, onDisabled: OnDirectPathDisabled): SQSClient {
  const direct = createDirectCalls(sqsService, client.config, onDisabled);
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  return client;
}
