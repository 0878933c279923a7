import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type LocalStack, localCredentials } from "lambda-websocket-pubsub-local";

/** The harness's own clients of DynamoDB and SQS. */
export interface AwsClients {
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  destroy(): void;
}

export function createAwsClients(stack: LocalStack): AwsClients {
  const access = { region: stack.env.AWS_REGION ?? "", credentials: localCredentials };
  const dynamodb = new DynamoDBClient({ endpoint: stack.dynamodbEndpoint, ...access });
  const sqs = new SQSClient({ endpoint: new URL(stack.fanoutQueueUrl).origin, ...access });
  return {
    dynamodb,
    sqs,
    destroy() {
      for (const client of [dynamodb, sqs]) client.destroy();
    },
  };
}
