import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Observe } from "../../core/pipeline-events.ts";
import { directDynamodb } from "../dynamodb/direct-dynamodb.ts";
import { directSqs } from "../sqs/direct-sqs.ts";
import type { OnDirectPathDisabled } from "../transport/direct-path.ts";
import { configuredEndpoint } from "./configured-endpoint.ts";
import { createFreshAgents } from "./fresh-agents.ts";
import { localCredentials } from "./local-credentials.ts";
import { readTransport } from "./transport-switch.ts";

/**
 * The SDK's own settings decide region, credentials, endpoint and retries. Only the time is limited here. Without a
 * limit a client could wait until the function's timeout for a connection that ended while Lambda had the process
 * frozen.
 */
const timeLimits = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** The SDK's own default. */
const SOCKETS_MAX = 50;

let dynamodb: DynamoDBClient | undefined;
let sqs: SQSClient | undefined;
/** The clients are one for each process, and so is the observer of their events: the one that was passed last. */
let observeClients: Observe | undefined;

const onDisabled: OnDirectPathDisabled = (disabled) =>
  observeClients?.({ event: "direct-path-disabled", ...disabled });

/** Returns the process's client for DynamoDB. It is made on first use, when the environment is complete. */
export function dynamodbClient(observe?: Observe): DynamoDBClient {
  observeClients = observe ?? observeClients;
  if (dynamodb) return dynamodb;
  const isDirect = readTransport() === "direct";
  const { guard, ...agents } = createFreshAgents(SOCKETS_MAX);
  const requestHandler = { ...timeLimits, ...agents };
  const client = new DynamoDBClient({ requestHandler, cacheMiddleware: true, ...localCredentials() });
  guard(client);
  dynamodb = isDirect ? directDynamodb(client, onDisabled) : client;
  return dynamodb;
}

/** Returns the process's client for SQS. */
export function sqsClient(observe?: Observe): SQSClient {
  observeClients = observe ?? observeClients;
  if (sqs) return sqs;
  const isDirect = readTransport() === "direct";
  // By default the SDK sends to where the queue's URL points, even when an endpoint is configured
  const useQueueUrlAsEndpoint = configuredEndpoint("SQS") === undefined;
  const { guard, ...agents } = createFreshAgents(SOCKETS_MAX);
  const requestHandler = { ...timeLimits, ...agents };
  const client = new SQSClient({ requestHandler, useQueueUrlAsEndpoint, ...localCredentials() });
  guard(client);
  sqs = isDirect ? directSqs(client, onDisabled) : client;
  return sqs;
}
