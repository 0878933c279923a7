import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { directDynamodb } from "../dynamodb/direct-dynamodb.ts";
import { directSqs } from "../sqs/direct-sqs.ts";
import { configuredEndpoint } from "./configured-endpoint.ts";
import { localCredentials } from "./local-credentials.ts";

/**
 * Region, credentials, endpoints and retries are the SDK's own settings. Only time is bounded here: without it
 * a connection that died in a Lambda's freeze is waited on for as long as the function may run.
 */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

let dynamodb: DynamoDBClient | undefined;
let sqs: SQSClient | undefined;

/** One client a service for the life of the process, made on first use, so that the environment is settled. */
export const dynamodbClient = (): DynamoDBClient => {
  dynamodb ??= directDynamodb(
    new DynamoDBClient({ requestHandler, cacheMiddleware: true, ...localCredentials() }),
  );
  return dynamodb;
};

export const sqsClient = (): SQSClient => {
  // Left to itself the SDK sends to where the queue's URL points, even when an endpoint is configured
  const useQueueUrlAsEndpoint = configuredEndpoint("SQS") === undefined;
  sqs ??= directSqs(new SQSClient({ requestHandler, useQueueUrlAsEndpoint, ...localCredentials() }));
  return sqs;
};
