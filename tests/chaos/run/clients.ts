import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type LocalStack, localCredentials } from "lambda-websocket-pubsub-local";

/** The harness's own ways to look behind the stack. */
export interface Lookers {
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  destroy(): void;
}

export function createLookers(stack: LocalStack): Lookers {
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
