import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { configuredEndpoint } from "./configured-endpoint.ts";
import { localCredentials } from "./local-credentials.ts";

/**
 * The SDK's own settings decide region, credentials, endpoint and retries. Only the time is limited here. Without a
 * limit a client could wait until the function's timeout for a connection that ended while Lambda had the process
 * frozen.
 */
const timeLimits = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** The SDK's own default. */
const SOCKETS_MAX = 50;

/** Loads the SDK and creates its client for DynamoDB, which the environment configures. */
export async function loadDynamodb(): Promise<DynamoDBClient> {
  const [{ DynamoDBClient }, { createFreshAgents }] = await Promise.all([
    import("./dynamodb.ts"),
    import("./fresh-agents.ts"),
  ]);
  const { guard, ...agents } = createFreshAgents(SOCKETS_MAX);
  const requestHandler = { ...timeLimits, ...agents };
  const client = new DynamoDBClient({ requestHandler, cacheMiddleware: true, ...localCredentials() });
  guard(client);
  // It prepares what it would log even if it logs nothing: an eighth of a large query's CPU time
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** Loads the SDK and creates its client for SQS. */
export async function loadSqs(): Promise<SQSClient> {
  const [{ SQSClient }, { createFreshAgents }] = await Promise.all([
    import("./sqs.ts"),
    import("./fresh-agents.ts"),
  ]);
  // By default the SDK sends to where the queue's URL points, even when an endpoint is configured
  const useQueueUrlAsEndpoint = configuredEndpoint("SQS") === undefined;
  const { guard, ...agents } = createFreshAgents(SOCKETS_MAX);
  const requestHandler = { ...timeLimits, ...agents };
  const client = new SQSClient({ requestHandler, useQueueUrlAsEndpoint, ...localCredentials() });
  guard(client);
  return client;
}
